package esqual;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.CachingTokenFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.OffsetAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionIncrementAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionLengthAttribute;
import org.apache.lucene.analysis.tokenattributes.TermToBytesRefAttribute;
import org.apache.lucene.index.Term;
import org.apache.lucene.queries.spans.SpanMultiTermQueryWrapper;
import org.apache.lucene.queries.spans.SpanNearQuery;
import org.apache.lucene.queries.spans.SpanOrQuery;
import org.apache.lucene.queries.spans.SpanQuery;
import org.apache.lucene.queries.spans.SpanTermQuery;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.FuzzyQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.QueryBuilder;
import org.apache.lucene.util.graph.GraphTokenStreamFiniteStrings;

/**
 * Text of one field to a query, as Elasticsearch's match family does it: Lucene's builder, with
 * fuzzy terms, prefixes at the end, and graph phrases as spans.
 */
public class TextQueries extends QueryBuilder {
  protected final TextOptions options;
  private final boolean positions;

  protected TextQueries(Analyzer analyzer, TextOptions options, boolean positions) {
    super(analyzer);
    this.options = options;
    this.positions = positions;
    this.autoGenerateMultiTermSynonymsPhraseQuery = options.graphPhrases && positions;
  }

  /** The query for {@code text}, or null when analysis leaves no token. */
  public static Query build(
      Analyzer analyzer, String field, String text, TextOptions options, boolean positions) {
    return new TextQueries(analyzer, options, positions).parse(field, text);
  }

  protected final Query parse(String field, String text) {
    boolean phrase = options.kind == TextOptions.PHRASE;
    Occur occur = options.and ? Occur.MUST : Occur.SHOULD;
    if (options.kind != TextOptions.PHRASE_PREFIX) {
      Query query = createFieldQuery(analyzer, occur, field, text, phrase, options.slop);
      return MinimumShouldMatch.apply(query, options.minimumShouldMatch);
    }
    try (TokenStream stream = analyzer.tokenStream(field, text)) {
      return phrasePrefix(field, stream, options.slop);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  // ---- terms

  @Override
  protected Query newTermQuery(Term term, float boost) {
    Query query =
        options.fuzzy
            ? FuzzyWords.word(
                term,
                options.edits(term.text()),
                options.prefixLength,
                options.maxExpansions,
                options.transpositions)
            : new TermQuery(term);
    return boost == 1f ? query : new BoostQuery(query, boost);
  }

  /** The last term of match_bool_prefix. */
  protected Query newPrefixQuery(Term term) {
    return new PrefixQuery(term);
  }

  private Query asPrefix(Query query) {
    Query inner = query instanceof BoostQuery boosted ? boosted.getQuery() : query;
    Term term = lastTerm(inner);
    return term == null ? query : newPrefixQuery(term);
  }

  /** The term when {@code query} stands for a single one, else null. */
  protected Term lastTerm(Query query) {
    if (query instanceof TermQuery term) {
      return term.getTerm();
    }
    return query instanceof FuzzyQuery fuzzy ? fuzzy.getTerm() : null;
  }

  // ---- boolean shapes

  @Override
  protected Query analyzeTerm(String field, TokenStream stream) throws IOException {
    Query query = super.analyzeTerm(field, stream);
    boolean prefix = options.kind == TextOptions.BOOL_PREFIX && query != null;
    return prefix && reachesTheEnd(stream) ? asPrefix(query) : query;
  }

  /** A last word that something follows, a blank or a removed word, has been typed to its end. */
  private static boolean reachesTheEnd(TokenStream stream) throws IOException {
    OffsetAttribute offset = stream.addAttribute(OffsetAttribute.class);
    int last = 0;
    stream.reset();
    while (stream.incrementToken()) {
      last = offset.endOffset();
    }
    stream.end();
    return last == offset.endOffset();
  }

  @Override
  protected Query analyzeMultiBoolean(String field, TokenStream stream, Occur occur)
      throws IOException {
    Query query = super.analyzeMultiBoolean(field, stream, occur);
    if (options.kind != TextOptions.BOOL_PREFIX
        || !(query instanceof BooleanQuery bool)
        || !reachesTheEnd(stream)) {
      return query;
    }
    BooleanQuery.Builder builder = newBooleanQuery();
    int last = bool.clauses().size() - 1;
    for (int i = 0; i < last; i++) {
      builder.add(bool.clauses().get(i));
    }
    return builder.add(asPrefix(bool.clauses().get(last).query()), occur).build();
  }

  @Override
  protected Query analyzeGraphBoolean(String field, TokenStream source, Occur occur)
      throws IOException {
    if (options.kind != TextOptions.BOOL_PREFIX) {
      return super.analyzeGraphBoolean(field, source, occur);
    }
    source.reset();
    GraphTokenStreamFiniteStrings graph = new GraphTokenStreamFiniteStrings(source);
    BooleanQuery.Builder builder = newBooleanQuery();
    int[] points = graph.articulationPoints();
    for (int i = 0, start = 0; i <= points.length; i++) {
      boolean last = i == points.length;
      int end = last ? -1 : points[i];
      Query query;
      if (graph.hasSidePath(start)) {
        List<Query> paths = new ArrayList<>();
        for (Iterator<TokenStream> it = graph.getFiniteStrings(start, end); it.hasNext(); ) {
          Query path = last ? phrasePrefix(field, it.next(), 0) : sidePath(field, it.next());
          if (path != null) {
            paths.add(path);
          }
        }
        query = newGraphSynonymQuery(paths.iterator());
      } else {
        Term[] terms = graph.getTerms(field, start);
        if (terms.length == 1) {
          query = last ? newPrefixQuery(terms[0]) : newTermQuery(terms[0], 1f);
        } else {
          TermAndBoost[] group = new TermAndBoost[terms.length];
          for (int t = 0; t < terms.length; t++) {
            group[t] = new TermAndBoost(terms[t].bytes(), 1f);
          }
          query = newSynonymQuery(field, group);
        }
      }
      builder.add(query, occur);
      start = end;
    }
    return builder.build();
  }

  private Query sidePath(String field, TokenStream path) {
    TextOptions plain =
        new TextOptions(TextOptions.MATCH, true, 0, options.graphPhrases, null, 0);
    TextQueries builder = new TextQueries(analyzer, plain, positions);
    boolean quoted = getAutoGenerateMultiTermSynonymsPhraseQuery();
    return builder.createFieldQuery(path, Occur.MUST, field, quoted, 0);
  }

  // ---- phrases

  private void requirePositions(String field) {
    if (!positions) {
      throw new IllegalArgumentException(
          "field:[" + field + "] was indexed without position data; cannot run PhraseQuery");
    }
  }

  @Override
  protected Query analyzePhrase(String field, TokenStream stream, int slop) throws IOException {
    requirePositions(field);
    return super.analyzePhrase(field, stream, slop);
  }

  @Override
  protected Query analyzeMultiPhrase(String field, TokenStream stream, int slop)
      throws IOException {
    requirePositions(field);
    return super.analyzeMultiPhrase(field, stream, slop);
  }

  @Override
  protected Query analyzeGraphPhrase(TokenStream source, String field, int slop)
      throws IOException {
    source.reset();
    GraphTokenStreamFiniteStrings graph = new GraphTokenStreamFiniteStrings(source);
    if (slop > 0) {
      BooleanQuery.Builder builder = newBooleanQuery();
      for (Iterator<TokenStream> it = graph.getFiniteStrings(); it.hasNext(); ) {
        Query path =
            options.kind == TextOptions.PHRASE_PREFIX
                ? phrasePrefix(field, it.next(), slop)
                : createFieldQuery(it.next(), Occur.MUST, field, true, slop);
        if (path != null) {
          builder.add(path, Occur.SHOULD);
        }
      }
      return builder.build();
    }
    return spans(field, graph);
  }

  private SpanQuery spans(String field, GraphTokenStreamFiniteStrings graph) throws IOException {
    boolean prefix = options.kind == TextOptions.PHRASE_PREFIX;
    List<SpanQuery> parts = new ArrayList<>();
    int[] points = graph.articulationPoints();
    for (int i = 0, start = 0; i <= points.length; i++) {
      int end = i < points.length ? points[i] : -1;
      boolean last = prefix && end == -1;
      List<SpanQuery> alternatives = new ArrayList<>();
      if (graph.hasSidePath(start)) {
        for (Iterator<TokenStream> it = graph.getFiniteStrings(start, end); it.hasNext(); ) {
          SpanQuery path = spanPath(field, it.next(), last);
          if (path != null) {
            alternatives.add(path);
          }
        }
      } else {
        for (Term term : graph.getTerms(field, start)) {
          alternatives.add(spanTerm(term, last));
        }
      }
      if (alternatives.size() == 1 && !graph.hasSidePath(start)) {
        parts.add(alternatives.get(0));
      } else if (!alternatives.isEmpty()) {
        parts.add(new SpanOrQuery(alternatives.toArray(new SpanQuery[0])));
      }
      start = end;
    }
    if (parts.size() <= 1) {
      return parts.isEmpty() ? null : parts.get(0);
    }
    return new SpanNearQuery(parts.toArray(new SpanQuery[0]), 0, true);
  }

  private SpanQuery spanTerm(Term term, boolean prefix) {
    if (!prefix) {
      return new SpanTermQuery(term);
    }
    SpanMultiTermQueryWrapper<PrefixQuery> spans =
        new SpanMultiTermQueryWrapper<>(new PrefixQuery(term));
    spans.setRewriteMethod(
        new SpanMultiTermQueryWrapper.TopTermsSpanBooleanQueryRewrite(options.maxExpansions));
    return spans;
  }

  private SpanQuery spanPath(String field, TokenStream path, boolean prefix) throws IOException {
    TermToBytesRefAttribute bytes = path.getAttribute(TermToBytesRefAttribute.class);
    PositionIncrementAttribute increment = path.getAttribute(PositionIncrementAttribute.class);
    List<Term> terms = new ArrayList<>();
    List<Integer> gaps = new ArrayList<>();
    path.reset();
    while (path.incrementToken()) {
      terms.add(new Term(field, BytesRef.deepCopyOf(bytes.getBytesRef())));
      gaps.add(increment.getPositionIncrement() - 1);
    }
    if (terms.size() <= 1) {
      return terms.isEmpty() ? null : spanTerm(terms.get(0), prefix);
    }
    SpanNearQuery.Builder near = new SpanNearQuery.Builder(field, true);
    for (int i = 0; i < terms.size(); i++) {
      if (i > 0 && gaps.get(i) > 0) {
        near.addGap(gaps.get(i));
      }
      near.addClause(spanTerm(terms.get(i), prefix && i == terms.size() - 1));
    }
    return near.build();
  }

  /** match_phrase_prefix over a stream; null when it holds no token. */
  protected Query phrasePrefix(String field, TokenStream source, int slop) throws IOException {
    try (CachingTokenFilter stream = new CachingTokenFilter(source)) {
      TermToBytesRefAttribute bytes = stream.getAttribute(TermToBytesRefAttribute.class);
      PositionIncrementAttribute increment = stream.addAttribute(PositionIncrementAttribute.class);
      PositionLengthAttribute length = stream.addAttribute(PositionLengthAttribute.class);
      if (bytes == null) {
        return null;
      }
      List<List<Term>> groups = new ArrayList<>();
      List<Integer> places = new ArrayList<>();
      int position = -1;
      int tokens = 0;
      boolean graph = false;
      stream.reset();
      while (stream.incrementToken()) {
        tokens++;
        graph |= length.getPositionLength() > 1;
        int step = increment.getPositionIncrement();
        position += step;
        if (step > 0 || groups.isEmpty()) {
          groups.add(new ArrayList<>());
          places.add(position);
        }
        groups.get(groups.size() - 1).add(
            new Term(field, BytesRef.deepCopyOf(bytes.getBytesRef())));
      }
      if (tokens == 0) {
        return null;
      }
      if (graph && tokens > 1) {
        return analyzeGraphPhrase(stream, field, slop);
      }
      if (tokens > 1) {
        requirePositions(field);
      }
      return phrasePrefixQuery(field, groups, places, slop);
    }
  }

  protected Query phrasePrefixQuery(
      String field, List<List<Term>> groups, List<Integer> places, int slop) {
    List<Term[]> terms = groups.stream().map(group -> group.toArray(new Term[0])).toList();
    int[] positionsOfTerms = places.stream().mapToInt(Integer::intValue).toArray();
    return new PhrasePrefixQuery(field, terms, positionsOfTerms, slop, options.maxExpansions);
  }
}
