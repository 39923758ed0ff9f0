package esqual;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.FilterScorer;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.ScorerSupplier;
import org.apache.lucene.search.TwoPhaseIterator;
import org.apache.lucene.search.Weight;

/** Elasticsearch's function_score: functions, each with a filter and a weight, joined in a mode. */
public final class FunctionScore extends Query {
  /** {@code filter} null: every document; {@code weight} multiplies the function. */
  public record Part(ScoreFunction function, Query filter, double weight) {}

  private final Query query;
  private final List<Part> parts;
  private final String scoreMode;
  private final String boostMode;
  private final float maxBoost;
  private final Float minScore;

  public FunctionScore(
      Query query,
      List<Part> parts,
      String scoreMode,
      String boostMode,
      float maxBoost,
      Float minScore) {
    this.query = query;
    this.parts = List.copyOf(parts);
    this.scoreMode = scoreMode;
    this.boostMode = boostMode;
    this.maxBoost = maxBoost;
    this.minScore = minScore;
  }

  public static Part part(ScoreFunction function, Query filter, double weight) {
    return new Part(function, filter, weight);
  }

  @Override
  public Query rewrite(IndexSearcher searcher) throws IOException {
    Query inner = query.rewrite(searcher);
    boolean changed = inner != query;
    List<Part> rewritten = new ArrayList<>();
    for (Part part : parts) {
      Query filter = part.filter == null ? null : part.filter.rewrite(searcher);
      changed |= filter != part.filter;
      rewritten.add(new Part(part.function, filter, part.weight));
    }
    return changed
        ? new FunctionScore(inner, rewritten, scoreMode, boostMode, maxBoost, minScore)
        : this;
  }

  @Override
  public Weight createWeight(IndexSearcher searcher, ScoreMode mode, float boost)
      throws IOException {
    if (mode == ScoreMode.COMPLETE_NO_SCORES && minScore == null) {
      return query.createWeight(searcher, mode, boost);
    }
    Weight inner = query.createWeight(searcher, ScoreMode.COMPLETE, boost);
    Weight[] filters = new Weight[parts.size()];
    for (int i = 0; i < filters.length; i++) {
      Query filter = parts.get(i).filter;
      if (filter != null) {
        filters[i] = searcher.createWeight(filter, ScoreMode.COMPLETE_NO_SCORES, 1f);
      }
    }
    return new FunctionWeight(inner, filters);
  }

  private final class FunctionWeight extends Weight {
    private final Weight inner;
    private final Weight[] filters;

    FunctionWeight(Weight inner, Weight[] filters) {
      super(FunctionScore.this);
      this.inner = inner;
      this.filters = filters;
    }

    @Override
    public ScorerSupplier scorerSupplier(LeafReaderContext context) throws IOException {
      ScorerSupplier supplier = inner.scorerSupplier(context);
      if (supplier == null) {
        return null;
      }
      return new ScorerSupplier() {
        @Override
        public Scorer get(long leadCost) throws IOException {
          Scorer scored =
              new FunctionScorer(supplier.get(leadCost), new Functions(context, filters));
          return minScore == null ? scored : new MinScoreScorer(scored, minScore);
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
      if (!base.isMatch() || parts.isEmpty()) {
        return base;
      }
      Functions functions = new Functions(context, filters);
      List<Explanation> details = new ArrayList<>();
      for (int i = 0; i < parts.size(); i++) {
        if (functions.applies(i, document)) {
          details.add(functions.explain(i, document));
        }
      }
      double factor = functions.factor(document);
      Explanation joined;
      if (details.isEmpty()) {
        joined = Explanation.match(1f, "No function matched");
      } else if (parts.size() == 1 && parts.get(0).filter == null) {
        joined = details.get(0);
      } else {
        joined =
            Explanation.match(
                (float) factor, "function score, score mode [" + scoreMode + "]", details);
      }
      Explanation capped =
          Explanation.match(
              (float) Math.min(factor, maxBoost),
              "min of:",
              joined,
              Explanation.match(maxBoost, "maxBoost"));
      float score = combine(base.getValue().floatValue(), factor);
      Explanation answer =
          switch (boostMode) {
            case "replace" -> capped;
            case "multiply" ->
                Explanation.match(score, "function score, product of:", base, capped);
            case "max" -> Explanation.match(score, "max of:", base, capped);
            default -> Explanation.match(score, boostMode + " of", base, capped);
          };
      if (minScore != null && score < minScore) {
        return Explanation.noMatch(
            "Score value is too low, expected at least " + minScore + " but got " + score, answer);
      }
      return answer;
    }

    @Override
    public boolean isCacheable(LeafReaderContext context) {
      return false;
    }
  }

  private float combine(float score, double factor) {
    double capped = Math.min(factor, maxBoost);
    return switch (boostMode) {
      case "replace" -> (float) capped;
      case "sum" -> (float) (score + capped);
      case "avg" -> (float) ((capped + score) / 2);
      case "min" -> (float) Math.min(score, capped);
      case "max" -> (float) Math.max(score, capped);
      default -> (float) (score * capped);
    };
  }

  /** The functions on one segment. */
  private final class Functions {
    final ScoreFunction.Leaf[] leaves = new ScoreFunction.Leaf[parts.size()];
    private final DocIdSetIterator[] filters = new DocIdSetIterator[parts.size()];

    Functions(LeafReaderContext context, Weight[] weights) throws IOException {
      for (int i = 0; i < leaves.length; i++) {
        leaves[i] = parts.get(i).function.leaf(context);
        if (weights[i] != null) {
          Scorer scorer = weights[i].scorer(context);
          filters[i] = scorer == null ? DocIdSetIterator.empty() : scorer.iterator();
        }
      }
    }

    boolean applies(int i, int document) throws IOException {
      DocIdSetIterator filter = filters[i];
      if (filter == null) {
        return true;
      }
      int at = filter.docID() < document ? filter.advance(document) : filter.docID();
      return at == document;
    }

    double value(int i, int document) throws IOException {
      return leaves[i].score(document) * parts.get(i).weight;
    }

    Explanation explain(int i, int document) throws IOException {
      Part part = parts.get(i);
      Explanation value =
          Explanation.match((float) leaves[i].score(document), part.function.toString());
      if (part.weight != 1) {
        Explanation weight = Explanation.match((float) part.weight, "weight");
        value = Explanation.match((float) value(i, document), "product of:", value, weight);
      }
      if (part.filter == null) {
        return value;
      }
      Explanation filter = Explanation.match(1f, "match filter: " + part.filter);
      return Explanation.match(value.getValue(), "function score, product of:", filter, value);
    }

    double factor(int document) throws IOException {
      double joined = scoreMode.equals("multiply") ? 1 : 0;
      double weights = 0;
      int count = 0;
      for (int i = 0; i < leaves.length; i++) {
        if (!applies(i, document)) {
          continue;
        }
        double value = value(i, document);
        switch (scoreMode) {
          case "first" -> {
            return value;
          }
          case "max" -> joined = count == 0 ? value : Math.max(joined, value);
          case "min" -> joined = count == 0 ? value : Math.min(joined, value);
          case "multiply" -> joined *= value;
          default -> joined += value;
        }
        weights += parts.get(i).weight;
        count++;
      }
      if (count == 0) {
        return 1;
      }
      boolean weighted = scoreMode.equals("avg") || scoreMode.equals("sum");
      if (weighted && weights == 0) {
        return 1;
      }
      return scoreMode.equals("avg") ? joined / weights : joined;
    }
  }

  private final class FunctionScorer extends FilterScorer {
    private final Functions functions;

    FunctionScorer(Scorer inner, Functions functions) {
      super(inner);
      this.functions = functions;
    }

    @Override
    public float score() throws IOException {
      float score = in.score();
      if (parts.isEmpty()) {
        return score;
      }
      float combined = combine(score, functions.factor(docID()));
      if (combined < 0 || Float.isNaN(combined)) {
        throw new IllegalArgumentException(
            "function score query returned an invalid score: "
                + combined + " for doc: " + docID());
      }
      return combined;
    }

    @Override
    public float getMaxScore(int upTo) {
      return Float.MAX_VALUE;
    }
  }

  private static final class MinScoreScorer extends Scorer {
    private final Scorer in;
    private final float minScore;

    MinScoreScorer(Scorer inner, float minScore) {
      this.in = inner;
      this.minScore = minScore;
    }

    @Override
    public int docID() {
      return in.docID();
    }

    @Override
    public float score() throws IOException {
      return in.score();
    }

    @Override
    public DocIdSetIterator iterator() {
      return TwoPhaseIterator.asDocIdSetIterator(twoPhaseIterator());
    }

    @Override
    public TwoPhaseIterator twoPhaseIterator() {
      TwoPhaseIterator inner = in.twoPhaseIterator();
      DocIdSetIterator approximation = inner == null ? in.iterator() : inner.approximation();
      return new TwoPhaseIterator(approximation) {
        @Override
        public boolean matches() throws IOException {
          return (inner == null || inner.matches()) && in.score() >= minScore;
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
    query.visit(visitor.getSubVisitor(org.apache.lucene.search.BooleanClause.Occur.MUST, this));
  }

  @Override
  public String toString(String field) {
    StringBuilder text = new StringBuilder("function score (").append(query.toString(field));
    text.append(", functions: [");
    for (Part part : parts) {
      String filter = part.filter == null ? "" : "filter(" + part.filter + "), ";
      text.append('{').append(filter).append(part.function);
      text.append(part.weight == 1 ? "}" : " * " + part.weight + "}");
    }
    return text.append("])").toString();
  }

  @Override
  public boolean equals(Object other) {
    return sameClassAs(other)
        && query.equals(((FunctionScore) other).query)
        && parts.equals(((FunctionScore) other).parts)
        && scoreMode.equals(((FunctionScore) other).scoreMode)
        && boostMode.equals(((FunctionScore) other).boostMode)
        && maxBoost == ((FunctionScore) other).maxBoost
        && Objects.equals(minScore, ((FunctionScore) other).minScore);
  }

  @Override
  public int hashCode() {
    return Objects.hash(classHash(), query, parts, scoreMode, boostMode, maxBoost, minScore);
  }
}
