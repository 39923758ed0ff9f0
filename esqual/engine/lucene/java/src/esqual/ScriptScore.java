package esqual;

import java.io.IOException;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.BooleanClause;
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

/** Elasticsearch's script_score: what a query matches, scored by a function alone. */
public final class ScriptScore extends Query {
  private final Query query;
  private final ScoreFunction function;
  private final String script;
  private final Float minimum;

  /** {@code minimum} null: every score will do. */
  public ScriptScore(Query query, ScoreFunction function, String script, Float minimum) {
    this.query = query;
    this.function = function;
    this.script = script;
    this.minimum = minimum;
  }

  @Override
  public Query rewrite(IndexSearcher searcher) throws IOException {
    Query inner = query.rewrite(searcher);
    return inner == query ? this : new ScriptScore(inner, function, script, minimum);
  }

  @Override
  public Weight createWeight(IndexSearcher searcher, ScoreMode mode, float boost)
      throws IOException {
    Weight inner = query.createWeight(searcher, ScoreMode.COMPLETE_NO_SCORES, 1f);
    if (mode == ScoreMode.COMPLETE_NO_SCORES && minimum == null) {
      return inner;
    }
    return new Weight(this) {
      @Override
      public ScorerSupplier scorerSupplier(LeafReaderContext context) throws IOException {
        ScorerSupplier supplier = inner.scorerSupplier(context);
        if (supplier == null) {
          return null;
        }
        return new ScorerSupplier() {
          @Override
          public Scorer get(long leadCost) throws IOException {
            return new ScriptScorer(supplier.get(leadCost), function.leaf(context), boost);
          }

          @Override
          public long cost() {
            return supplier.cost();
          }
        };
      }

      @Override
      public Explanation explain(LeafReaderContext context, int document) throws IOException {
        Explanation base = inner.explain(context, document);
        if (!base.isMatch()) {
          return base;
        }
        float score = checked(function.leaf(context).score(document), document) * boost;
        Explanation answer =
            Explanation.match(score, "script score function, computed with script:\"" + script + "\"");
        return minimum == null || score >= minimum
            ? answer
            : Explanation.noMatch(
                "Score value is too low, expected at least " + minimum + " but got " + score,
                answer);
      }

      @Override
      public boolean isCacheable(LeafReaderContext context) {
        return false;
      }
    };
  }

  private static float checked(double value, int document) {
    float score = (float) value;
    if (score < 0f || Float.isNaN(score)) {
      throw new IllegalArgumentException(
          "script_score script returned an invalid score ["
              + score + "] for doc [" + document + "]. Must be a non-negative score!");
    }
    return score;
  }

  private final class ScriptScorer extends Scorer {
    private final Scorer in;
    private final ScoreFunction.Leaf function;
    private final float boost;
    private int last = -1;
    private float score;

    ScriptScorer(Scorer in, ScoreFunction.Leaf function, float boost) {
      this.in = in;
      this.function = function;
      this.boost = boost;
    }

    @Override
    public int docID() {
      return in.docID();
    }

    @Override
    public float score() throws IOException {
      if (last != docID()) {
        last = docID();
        score = checked(function.score(last), last) * boost;
      }
      return score;
    }

    @Override
    public DocIdSetIterator iterator() {
      return minimum == null
          ? in.iterator()
          : TwoPhaseIterator.asDocIdSetIterator(twoPhaseIterator());
    }

    @Override
    public TwoPhaseIterator twoPhaseIterator() {
      TwoPhaseIterator inner = in.twoPhaseIterator();
      if (minimum == null) {
        return inner;
      }
      return new TwoPhaseIterator(inner == null ? in.iterator() : inner.approximation()) {
        @Override
        public boolean matches() throws IOException {
          return (inner == null || inner.matches()) && score() >= minimum;
        }

        @Override
        public float matchCost() {
          return 1000f;
        }
      };
    }

    @Override
    public float getMaxScore(int upTo) {
      return Float.MAX_VALUE;
    }
  }

  @Override
  public void visit(QueryVisitor visitor) {
    query.visit(visitor.getSubVisitor(BooleanClause.Occur.MUST, this));
  }

  @Override
  public String toString(String field) {
    return "script_score (" + query.toString(field) + ", " + script + ")";
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
