package esqual;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.lucene.search.similarities.PerFieldSimilarityWrapper;
import org.apache.lucene.search.similarities.Similarity;

/** The similarity of each field of an index; fields may be added while it is in use. */
public final class FieldSimilarities extends PerFieldSimilarityWrapper {
  private final Map<String, Similarity> fields = new ConcurrentHashMap<>();
  private final Similarity fallback;

  public FieldSimilarities(Similarity fallback) {
    this.fallback = fallback;
  }

  public void put(String field, Similarity similarity) {
    fields.put(field, similarity);
  }

  @Override
  public Similarity get(String field) {
    return fields.getOrDefault(field, fallback);
  }
}
