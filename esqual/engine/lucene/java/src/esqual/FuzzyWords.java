package esqual;

import org.apache.lucene.index.Term;
import org.apache.lucene.index.TermStates;
import org.apache.lucene.search.BlendedTermQuery;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.FuzzyQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopTermsRewrite;

/**
 * The terms that a fuzzy word stands for, weighed as Lucene's top_terms_blended_freqs does, but
 * alike in every process. Where two words of a query stand for one term, each gives it a weight of
 * its own; Lucene takes the two clauses for one, for their terms are equal, and keeps either weight
 * by the order of a hash whose seed is the time at which the process began. Here both count.
 */
public final class FuzzyWords extends TopTermsRewrite<BlendedTermQuery.Builder> {
  public FuzzyWords(int size) {
    super(size);
  }

  /** A fuzzy word with this rewrite. */
  public static FuzzyQuery word(
      Term term, int edits, int prefixLength, int maxExpansions, boolean transpositions) {
    FuzzyWords rewrite = new FuzzyWords(maxExpansions);
    return new FuzzyQuery(term, edits, prefixLength, maxExpansions, transpositions, rewrite);
  }

  @Override
  protected int getMaxSize() {
    return IndexSearcher.getMaxClauseCount();
  }

  @Override
  protected BlendedTermQuery.Builder getTopLevelBuilder() {
    return new BlendedTermQuery.Builder().setRewriteMethod(APART);
  }

  @Override
  protected void addClause(
      BlendedTermQuery.Builder builder, Term term, int count, float boost, TermStates states) {
    builder.add(term, boost, states);
  }

  @Override
  protected Query build(BlendedTermQuery.Builder builder) {
    return builder.build();
  }

  private static final BlendedTermQuery.RewriteMethod APART =
      new BlendedTermQuery.RewriteMethod() {
        @Override
        public Query rewrite(Query[] terms) {
          BooleanQuery.Builder all = new BooleanQuery.Builder();
          for (Query term : terms) {
            all.add(apart(term), Occur.SHOULD);
          }
          return all.build();
        }
      };

  private static Query apart(Query query) {
    return switch (query) {
      case BoostQuery boosted -> new BoostQuery(apart(boosted.getQuery()), boosted.getBoost());
      case TermQuery term -> new Weighed(term.getTerm(), term.getTermStates());
      default -> query;
    };
  }

  /** A term that equals another only if it has the same counts, and so the same weight. */
  private static final class Weighed extends TermQuery {
    private final int documents;
    private final long occurrences;

    Weighed(Term term, TermStates states) {
      super(term, states);
      documents = states.docFreq();
      occurrences = states.totalTermFreq();
    }

    @Override
    public boolean equals(Object other) {
      return super.equals(other)
          && documents == ((Weighed) other).documents
          && occurrences == ((Weighed) other).occurrences;
    }

    @Override
    public int hashCode() {
      return 31 * (31 * super.hashCode() + documents) + Long.hashCode(occurrences);
    }
  }
}
