package esqual;

import org.apache.lucene.analysis.core.KeywordAnalyzer;
import org.apache.lucene.queryparser.classic.ParseException;
import org.apache.lucene.queryparser.classic.QueryParser;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.Query;

/** Lucene's classic grammar; every leaf is made by a {@link ClauseMaker}. */
public final class QueryStrings extends QueryParser {
  // stands for "word~", which the grammar does not tell from "word~2"
  private static final float NO_DISTANCE = 9999f;
  private static final String DEFAULT = "";

  private final ClauseMaker maker;

  private QueryStrings(ClauseMaker maker) {
    super(DEFAULT, new KeywordAnalyzer());
    this.maker = maker;
  }

  /** Null when no clause is left. */
  public static Query parse(
      String text, ClauseMaker maker, boolean and, boolean leadingWildcard, int phraseSlop)
      throws ParseException {
    QueryStrings parser = new QueryStrings(maker);
    parser.setAllowLeadingWildcard(leadingWildcard);
    parser.setDefaultOperator(and ? Operator.AND : Operator.OR);
    parser.setFuzzyMinSim(NO_DISTANCE);
    parser.setPhraseSlop(phraseSlop);
    return onlyNegative(parser.parse(text));
  }

  private static Query onlyNegative(Query query) {
    if (!(query instanceof BooleanQuery bool) || bool.clauses().isEmpty()) {
      return query;
    }
    if (bool.clauses().stream().anyMatch(clause -> clause.occur() != Occur.MUST_NOT)) {
      return query;
    }
    BooleanQuery.Builder builder = new BooleanQuery.Builder();
    bool.clauses().forEach(builder::add);
    return builder.add(MatchAllDocsQuery.INSTANCE, Occur.FILTER).build();
  }

  private static String named(String field) {
    return DEFAULT.equals(field) ? null : field;
  }

  @Override
  protected Query getFieldQuery(String field, String text, boolean quoted) {
    if (quoted) {
      return maker.text(named(field), text, getPhraseSlop());
    }
    if (named(field) != null) {
      for (String operator : new String[] {">=", "<=", ">", "<"}) {
        if (text.startsWith(operator) && text.length() > operator.length()) {
          String bound = text.substring(operator.length());
          boolean inclusive = operator.length() == 2;
          return operator.charAt(0) == '>'
              ? maker.range(field, bound, null, inclusive, true)
              : maker.range(field, null, bound, true, inclusive);
        }
      }
    }
    return maker.text(named(field), text, -1);
  }

  @Override
  protected Query getFieldQuery(String field, String text, int slop) {
    return maker.text(named(field), text, slop);
  }

  @Override
  protected Query getRangeQuery(
      String field, String low, String high, boolean withLow, boolean withHigh) {
    return maker.range(named(field), low, high, withLow, withHigh);
  }

  @Override
  protected Query getPrefixQuery(String field, String text) {
    return maker.prefix(named(field), text);
  }

  @Override
  protected Query getWildcardQuery(String field, String text) throws ParseException {
    boolean leading = text.startsWith("*") || text.startsWith("?");
    if (leading && !text.equals("*") && !getAllowLeadingWildcard()) {
      throw new ParseException("'*' or '?' not allowed as first character in WildcardQuery");
    }
    return maker.wildcard(named(field), text);
  }

  @Override
  protected Query getRegexpQuery(String field, String text) {
    return maker.regexp(named(field), text);
  }

  @Override
  protected Query getFuzzyQuery(String field, String text, float edits) {
    return maker.fuzzy(named(field), text, edits == NO_DISTANCE ? -1 : edits);
  }
}
