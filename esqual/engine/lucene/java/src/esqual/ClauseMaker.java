package esqual;

import org.apache.lucene.search.Query;

/** Makes the leaves of a query string; the field is null where the text names none. */
public interface ClauseMaker {
  /** Text to analyse: {@code slop} below 0 for words, else a phrase; null when nothing is left. */
  Query text(String field, String text, int slop);

  Query range(String field, String low, String high, boolean withLow, boolean withHigh);

  Query prefix(String field, String text);

  Query wildcard(String field, String text);

  Query regexp(String field, String text);

  /** {@code edits} below 0: as many as the clause's own fuzziness allows. */
  Query fuzzy(String field, String text, float edits);
}
