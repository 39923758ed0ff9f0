package esqual;

import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryRescorer;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;

/** A second query over the first {@code window} hits; the others keep their weighted score. */
public final class Rescore extends QueryRescorer {
  private static final Comparator<ScoreDoc> BEST_FIRST =
      (a, b) -> a.score != b.score ? Float.compare(b.score, a.score) : Integer.compare(a.doc, b.doc);

  private final int window;
  private final float queryWeight;
  private final float rescoreWeight;
  private final String mode;

  public Rescore(Query query, int window, float queryWeight, float rescoreWeight, String mode) {
    super(query);
    this.window = window;
    this.queryWeight = queryWeight;
    this.rescoreWeight = rescoreWeight;
    this.mode = mode;
  }

  TopDocs apply(IndexSearcher searcher, TopDocs top) throws IOException {
    int size = Math.min(window, top.scoreDocs.length);
    ScoreDoc[] head = Arrays.copyOf(top.scoreDocs, size);
    ScoreDoc[] hits = top.scoreDocs.clone();
    if (size > 0) {
      head = rescore(searcher, new TopDocs(top.totalHits, head), size).scoreDocs;
      System.arraycopy(head, 0, hits, 0, size);
    }
    for (int i = size; i < hits.length; i++) {
      hits[i].score *= queryWeight;
    }
    Arrays.sort(hits, BEST_FIRST);
    return new TopDocs(top.totalHits, hits);
  }

  @Override
  protected float combine(float first, boolean matches, float second) {
    float a = first * queryWeight;
    if (!matches) {
      return a;
    }
    float b = second * rescoreWeight;
    return switch (mode) {
      case "avg" -> (a + b) / 2;
      case "max" -> Math.max(a, b);
      case "min" -> Math.min(a, b);
      case "multiply" -> a * b;
      case "total" -> a + b;
      default -> throw new IllegalArgumentException("illegal score_mode [" + mode + "]");
    };
  }
}
