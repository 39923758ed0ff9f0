package esqual;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.index.Term;
import org.apache.lucene.sandbox.search.CombinedFieldQuery;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.DisjunctionMaxQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.util.BytesRef;

/** Text of several fields that share an analyzer: blended (cross_fields) or combined. */
public final class MultiFieldQueries extends TextQueries {
  private final String[] fields;
  private final float[] boosts;
  private final boolean combined;
  private final float tie;

  private MultiFieldQueries(
      Analyzer analyzer,
      String[] fields,
      float[] boosts,
      TextOptions options,
      boolean combined,
      float tie,
      boolean positions) {
    super(analyzer, options, positions);
    this.fields = fields;
    this.boosts = boosts;
    this.combined = combined;
    this.tie = tie;
  }

  /** The query for {@code text}, or null when analysis leaves no token. */
  public static Query build(
      Analyzer analyzer,
      String[] fields,
      float[] boosts,
      String text,
      TextOptions options,
      boolean combined,
      float tie,
      boolean positions) {
    return new MultiFieldQueries(analyzer, fields, boosts, options, combined, tie, positions)
        .parse(fields[0], text);
  }

  @Override
  protected Query newTermQuery(Term term, float boost) {
    return over(List.of(term.bytes()));
  }

  @Override
  protected Query newSynonymQuery(String field, TermAndBoost[] terms) {
    List<BytesRef> values = new ArrayList<>();
    for (TermAndBoost each : terms) {
      values.add(each.term());
    }
    return over(values);
  }

  // the successor in Lucene's core takes a single term: synonyms need this one
  @SuppressWarnings("deprecation")
  private Query over(List<BytesRef> values) {
    if (combined) {
      CombinedFieldQuery.Builder builder = new CombinedFieldQuery.Builder();
      values.forEach(builder::addTerm);
      for (int i = 0; i < fields.length; i++) {
        builder.addField(fields[i], boosts[i]);
      }
      return builder.build();
    }
    Term[] terms = new Term[fields.length * values.size()];
    float[] termBoosts = new float[terms.length];
    for (int i = 0; i < terms.length; i++) {
      int field = i / values.size();
      terms[i] = new Term(fields[field], values.get(i % values.size()));
      termBoosts[i] = boosts[field];
    }
    return new BlendedQuery(terms, termBoosts, tie);
  }

  @Override
  protected Query analyzePhrase(String field, TokenStream stream, int slop) throws IOException {
    List<Query> phrases = new ArrayList<>();
    for (int i = 0; i < fields.length; i++) {
      phrases.add(boosted(super.analyzePhrase(fields[i], stream, slop), boosts[i]));
    }
    return together(phrases);
  }

  @Override
  protected Query analyzeMultiPhrase(String field, TokenStream stream, int slop)
      throws IOException {
    List<Query> phrases = new ArrayList<>();
    for (int i = 0; i < fields.length; i++) {
      phrases.add(boosted(super.analyzeMultiPhrase(fields[i], stream, slop), boosts[i]));
    }
    return together(phrases);
  }

  private static Query boosted(Query query, float boost) {
    return boost == 1f ? query : new BoostQuery(query, boost);
  }

  private Query together(List<Query> queries) {
    if (!combined) {
      return new DisjunctionMaxQuery(queries, tie);
    }
    BooleanQuery.Builder builder = newBooleanQuery();
    queries.forEach(query -> builder.add(query, Occur.SHOULD));
    return builder.build();
  }
}
