package esqual;

import org.apache.lucene.search.CollectionStatistics;
import org.apache.lucene.search.TermStatistics;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.search.similarities.Similarity;

/** BM25 with the factor (k1 + 1) that Elasticsearch keeps and Lucene dropped. */
public final class LegacyBM25 extends Similarity {
  private final BM25Similarity bm25;

  public LegacyBM25(float k1, float b, boolean discountOverlaps) {
    super(discountOverlaps);
    this.bm25 = new BM25Similarity(k1, b, discountOverlaps);
  }

  @Override
  public SimScorer scorer(float boost, CollectionStatistics collection, TermStatistics... terms) {
    return bm25.scorer(boost * (1 + bm25.getK1()), collection, terms);
  }

  @Override
  public String toString() {
    return bm25.toString();
  }
}
