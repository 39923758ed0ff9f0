package esqual;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexReaderContext;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.TermState;
import org.apache.lucene.index.TermStates;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.DisjunctionMaxQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.util.IOSupplier;

/**
 * One term in several fields as if it were in one: the document frequencies are levelled to the
 * largest, with a step of one between fields so that the field where the term is common wins ties.
 */
public final class BlendedQuery extends Query {
  private final Term[] terms;
  private final float[] boosts;
  private final float tie;

  public BlendedQuery(Term[] terms, float[] boosts, float tie) {
    this.terms = terms;
    this.boosts = boosts;
    this.tie = tie;
  }

  @Override
  public Query rewrite(IndexSearcher searcher) throws IOException {
    IndexReader reader = searcher.getIndexReader();
    TermStates[] states = new TermStates[terms.length];
    for (int i = 0; i < terms.length; i++) {
      states[i] = TermStates.build(searcher, terms[i], true);
    }
    if (terms.length > 1) {
      level(states, reader);
    }
    List<Query> queries = new ArrayList<>();
    for (int i = 0; i < terms.length; i++) {
      Query query = new TermQuery(terms[i], states[i]);
      queries.add(boosts[i] == 1f ? query : new BoostQuery(query, boosts[i]));
    }
    return new DisjunctionMaxQuery(queries, tie);
  }

  private void level(TermStates[] states, IndexReader reader) throws IOException {
    int[] original = Arrays.stream(states).mapToInt(TermStates::docFreq).toArray();
    int largest = Arrays.stream(original).max().orElse(0);
    if (largest == 0) {
      return;
    }
    long smallestSum = Long.MAX_VALUE;
    for (Term term : terms) {
      smallestSum = Math.min(smallestSum, reader.getSumTotalTermFreq(term.field()));
    }
    int limit = (int) Math.min(reader.maxDoc(), smallestSum);
    int frequency = Math.min(limit, largest);
    Integer[] commonFirst = new Integer[terms.length];
    Arrays.setAll(commonFirst, i -> i);
    Arrays.sort(commonFirst, Comparator.comparing((Integer i) -> -original[i]));
    int previous = original[commonFirst[0]];
    long total = 0;
    int[] levelled = new int[terms.length];
    for (int i : commonFirst) {
      if (original[i] == 0) {
        break;
      }
      if (previous > original[i]) {
        frequency++;
      }
      previous = original[i];
      int documents = reader.getDocCount(terms[i].field());
      levelled[i] = Math.min(Math.min(limit, documents), frequency);
      long occurrences = Math.max(states[i].totalTermFreq(), levelled[i]);
      total = total == 0 ? occurrences : Math.min(total, occurrences);
    }
    total = Math.min(total, smallestSum);
    for (int i = 0; i < states.length; i++) {
      if (original[i] > 0) {
        long occurrences = Math.max(total, levelled[i]);
        states[i] = adjusted(reader.getContext(), states[i], levelled[i], occurrences);
      }
    }
  }

  private static TermStates adjusted(
      IndexReaderContext context, TermStates from, int frequency, long total) throws IOException {
    TermStates to = new TermStates(context);
    for (LeafReaderContext leaf : context.leaves()) {
      IOSupplier<TermState> supplier = from.get(leaf);
      TermState state = supplier == null ? null : supplier.get();
      if (state != null) {
        to.register(state, leaf.ord);
      }
    }
    to.accumulateStatistics(frequency, total);
    return to;
  }

  @Override
  public void visit(QueryVisitor visitor) {
    Term[] accepted =
        Arrays.stream(terms).filter(t -> visitor.acceptField(t.field())).toArray(Term[]::new);
    visitor.consumeTerms(this, accepted);
  }

  @Override
  public String toString(String field) {
    StringBuilder text = new StringBuilder("blended(terms:[");
    for (int i = 0; i < terms.length; i++) {
      text.append(i == 0 ? "" : ", ").append(terms[i]);
      if (boosts[i] != 1f) {
        text.append('^').append(boosts[i]);
      }
    }
    return text.append("])").toString();
  }

  @Override
  public boolean equals(Object other) {
    return sameClassAs(other)
        && Arrays.equals(terms, ((BlendedQuery) other).terms)
        && Arrays.equals(boosts, ((BlendedQuery) other).boosts)
        && tie == ((BlendedQuery) other).tie;
  }

  @Override
  public int hashCode() {
    return 31 * classHash() + Arrays.hashCode(terms);
  }
}
