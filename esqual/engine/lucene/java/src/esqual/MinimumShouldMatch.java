package esqual;

import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.Query;

/** The grammar of {@code minimum_should_match}: 3, -2, 75%, -25%, 2<75%, 2<-25% 9<-3. */
public final class MinimumShouldMatch {
  private MinimumShouldMatch() {}

  /** How many of {@code clauses} optional clauses must match; never negative. */
  public static int count(int clauses, String spec) {
    int result = clauses;
    spec = spec.trim();
    if (spec.indexOf('<') >= 0) {
      spec = spec.replaceAll("\\s*<\\s*", "<");
      for (String rule : spec.split(" +")) {
        String[] parts = rule.split("<", 0);
        if (parts.length < 2) {
          throw new IllegalArgumentException(
              "Index 1 out of bounds for length " + parts.length);
        }
        if (clauses <= Integer.parseInt(parts[0])) {
          return result;
        }
        result = count(clauses, parts[1]);
      }
      return result;
    }
    if (spec.endsWith("%")) {
      int percent = Integer.parseInt(spec.substring(0, spec.length() - 1));
      int share = (int) (result * percent * (1 / 100f));
      result = share < 0 ? result + share : share;
    } else {
      int number = Integer.parseInt(spec);
      result = number < 0 ? result + number : number;
    }
    return Math.max(0, result);
  }

  /** {@code query} with the rule applied when it is a boolean with optional clauses. */
  public static Query apply(Query query, String spec) {
    if (spec == null || !(query instanceof BooleanQuery bool)) {
      return query;
    }
    int optional = 0;
    for (BooleanClause clause : bool) {
      if (clause.occur() == BooleanClause.Occur.SHOULD) {
        optional++;
      }
    }
    int required = count(optional, spec);
    if (required <= 0) {
      return query;
    }
    BooleanQuery.Builder builder = new BooleanQuery.Builder();
    for (BooleanClause clause : bool) {
      builder.add(clause);
    }
    return builder.setMinimumNumberShouldMatch(required).build();
  }
}
