package esqual;

import java.io.IOException;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.ScorerSupplier;
import org.apache.lucene.search.TwoPhaseIterator;
import org.apache.lucene.search.Weight;

/** Every document with a vector, scored by its similarity to one vector. */
public final class VectorScores extends Query {
  private final String field;
  private final float[] query;
  private final byte[] octets;
  private final float minimum;

  /** One of {@code query} and {@code octets} is null; scores below {@code minimum} do not match. */
  public VectorScores(String field, float[] query, byte[] octets, float minimum) {
    this.field = field;
    this.query = query;
    this.octets = octets;
    this.minimum = minimum;
  }

  @Override
  public Weight createWeight(IndexSearcher searcher, ScoreMode mode, float boost) {
    return new Weight(this) {
      @Override
      public ScorerSupplier scorerSupplier(LeafReaderContext context) throws IOException {
        VectorLeaf leaf = VectorLeaf.of(context, field);
        if (leaf == null) {
          return null;
        }
        return new ScorerSupplier() {
          @Override
          public Scorer get(long leadCost) throws IOException {
            return new LeafScorer(leaf, boost);
          }

          @Override
          public long cost() {
            return leaf.size();
          }
        };
      }

      @Override
      public Explanation explain(LeafReaderContext context, int document) throws IOException {
        Scorer scorer = scorer(context);
        if (scorer == null || scorer.iterator().advance(document) != document) {
          return Explanation.noMatch("no vector in " + field + ", or one that is not near enough");
        }
        return Explanation.match(scorer.score(), "similarity of the vector in " + field);
      }

      @Override
      public boolean isCacheable(LeafReaderContext context) {
        return false;
      }
    };
  }

  private final class LeafScorer extends Scorer {
    private final KnnVectorValues.DocIndexIterator vectors;
    private final VectorLeaf.Scores scores;
    private final float boost;

    LeafScorer(VectorLeaf leaf, float boost) throws IOException {
      vectors = leaf.values().copy().iterator();
      scores = leaf.scores(query, octets);
      this.boost = boost;
    }

    @Override
    public int docID() {
      return vectors.docID();
    }

    @Override
    public DocIdSetIterator iterator() {
      TwoPhaseIterator near = twoPhaseIterator();
      return near == null ? vectors : TwoPhaseIterator.asDocIdSetIterator(near);
    }

    @Override
    public TwoPhaseIterator twoPhaseIterator() {
      if (minimum == Float.NEGATIVE_INFINITY) {
        return null;
      }
      return new TwoPhaseIterator(vectors) {
        @Override
        public boolean matches() throws IOException {
          return scores.score(vectors.index()) >= minimum;
        }

        @Override
        public float matchCost() {
          return 100;
        }
      };
    }

    @Override
    public float score() throws IOException {
      return scores.score(vectors.index()) * boost;
    }

    @Override
    public float getMaxScore(int upTo) {
      return Float.MAX_VALUE;
    }
  }

  @Override
  public void visit(QueryVisitor visitor) {
    if (visitor.acceptField(field)) {
      visitor.visitLeaf(this);
    }
  }

  @Override
  public String toString(String ignored) {
    return "similarity to " + field;
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
