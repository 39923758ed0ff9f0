package esqual;

import java.util.Arrays;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.ScorerSupplier;
import org.apache.lucene.search.Weight;

/**
 * The nearest documents to a vector, as a query: made empty where the clause stands, filled before
 * the search runs. Good for one reader only.
 */
public final class KnnHits extends Query {
  private final String label;
  private final int k;
  private int[] docs = new int[0];
  private float[] scores = new float[0];

  public KnnHits(String label, int k) {
    this.label = label;
    this.k = k;
  }

  /** Take the hits; the array is reordered by document. */
  public void fill(ScoreDoc[] hits) {
    Arrays.sort(hits, (a, b) -> Integer.compare(a.doc, b.doc));
    docs = new int[hits.length];
    scores = new float[hits.length];
    for (int i = 0; i < hits.length; i++) {
      docs[i] = hits[i].doc;
      scores[i] = hits[i].score;
    }
  }

  /** The hits as they are held, by document. */
  public ScoreDoc[] hits() {
    ScoreDoc[] hits = new ScoreDoc[docs.length];
    for (int i = 0; i < hits.length; i++) {
      hits[i] = new ScoreDoc(docs[i], scores[i]);
    }
    return hits;
  }

  @Override
  public Weight createWeight(IndexSearcher searcher, ScoreMode mode, float boost) {
    return new Weight(this) {
      @Override
      public ScorerSupplier scorerSupplier(LeafReaderContext context) {
        int from = place(context.docBase);
        int to = place(context.docBase + context.reader().maxDoc());
        if (from == to) {
          return null;
        }
        Scorer scorer = new HitScorer(from, to, context.docBase, boost);
        return new ScorerSupplier() {
          @Override
          public Scorer get(long leadCost) {
            return scorer;
          }

          @Override
          public long cost() {
            return to - from;
          }
        };
      }

      @Override
      public Explanation explain(LeafReaderContext context, int document) {
        int at = Arrays.binarySearch(docs, context.docBase + document);
        return at < 0
            ? Explanation.noMatch("not in top " + k + " docs")
            : Explanation.match(scores[at] * boost, "within top " + k + " docs");
      }

      @Override
      public boolean isCacheable(LeafReaderContext context) {
        return false;
      }
    };
  }

  private int place(int doc) {
    int at = Arrays.binarySearch(docs, doc);
    return at < 0 ? -1 - at : at;
  }

  private final class HitScorer extends Scorer {
    private final int from;
    private final int to;
    private final int base;
    private final float boost;
    private int at;

    HitScorer(int from, int to, int base, float boost) {
      this.from = from;
      this.to = to;
      this.base = base;
      this.boost = boost;
      at = from - 1;
    }

    @Override
    public int docID() {
      if (at < from) {
        return -1;
      }
      return at == to ? DocIdSetIterator.NO_MORE_DOCS : docs[at] - base;
    }

    @Override
    public DocIdSetIterator iterator() {
      return new DocIdSetIterator() {
        @Override
        public int docID() {
          return HitScorer.this.docID();
        }

        @Override
        public int nextDoc() {
          at++;
          return docID();
        }

        @Override
        public int advance(int target) {
          int next = Arrays.binarySearch(docs, at + 1, to, target + base);
          at = next < 0 ? -1 - next : next;
          return docID();
        }

        @Override
        public long cost() {
          return to - from;
        }
      };
    }

    @Override
    public float score() {
      return scores[at] * boost;
    }

    @Override
    public float getMaxScore(int upTo) {
      float best = 0;
      for (int i = Math.max(from, at); i < to && docs[i] - base <= upTo; i++) {
        best = Math.max(best, scores[i]);
      }
      return best * boost;
    }
  }

  @Override
  public void visit(QueryVisitor visitor) {
    visitor.visitLeaf(this);
  }

  @Override
  public String toString(String field) {
    return label + "[" + k + "]";
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
