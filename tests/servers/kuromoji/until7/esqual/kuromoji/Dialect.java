package esqual.kuromoji;

import java.io.IOException;
import java.io.StringReader;
import java.util.Map;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.ja.dict.UserDictionary;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.index.analysis.Analysis;
import org.elasticsearch.index.analysis.AnalyzerProvider;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;

/** What Elasticsearch 7 lacks or does in its own way: Lucene 8 has no completion components. */
final class Dialect {

  private Dialect() {}

  static UserDictionary userDictionary(Environment env, Settings settings) throws IOException {
    if (settings.hasValue("user_dictionary") && settings.hasValue("user_dictionary_rules")) {
      throw new IllegalArgumentException(
          "It is not allowed to use [user_dictionary] in conjunction with [user_dictionary_rules]");
    }
    var rules =
        Analysis.getWordList(env, settings, "user_dictionary", "user_dictionary_rules", false);
    boolean none = rules == null || rules.isEmpty();
    return none ? null : UserDictionary.open(new StringReader(String.join("\n", rules)));
  }

  static Map<String, AnalysisProvider<TokenFilterFactory>> filters() {
    return Map.of();
  }

  static Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> analyzers() {
    return Map.of();
  }
}
