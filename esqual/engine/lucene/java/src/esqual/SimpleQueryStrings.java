package esqual;

import java.util.Map;
import org.apache.lucene.analysis.core.KeywordAnalyzer;
import org.apache.lucene.queryparser.simple.SimpleQueryParser;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.Query;

/** Lucene's simple grammar, which never fails; every leaf is made by a {@link ClauseMaker}. */
public final class SimpleQueryStrings extends SimpleQueryParser {
  private final ClauseMaker maker;

  private SimpleQueryStrings(ClauseMaker maker, int flags) {
    super(new KeywordAnalyzer(), Map.of("", 1f), flags);
    this.maker = maker;
  }

  /** Null or a MatchNoDocsQuery when no clause is left. */
  public static Query parse(String text, ClauseMaker maker, boolean and, int flags) {
    SimpleQueryStrings parser = new SimpleQueryStrings(maker, flags);
    parser.setDefaultOperator(and ? Occur.MUST : Occur.SHOULD);
    return parser.parse(text);
  }

  @Override
  protected Query newDefaultQuery(String text) {
    return maker.text(null, text, -1);
  }

  @Override
  protected Query newPhraseQuery(String text, int slop) {
    return maker.text(null, text, slop);
  }

  @Override
  protected Query newFuzzyQuery(String text, int fuzziness) {
    return maker.fuzzy(null, text, fuzziness);
  }

  @Override
  protected Query newPrefixQuery(String text) {
    return maker.prefix(null, text);
  }
}
