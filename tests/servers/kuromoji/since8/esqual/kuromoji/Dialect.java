package esqual.kuromoji;

import java.io.IOException;
import java.io.StringReader;
import java.util.Locale;
import java.util.Map;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.ja.JapaneseCompletionAnalyzer;
import org.apache.lucene.analysis.ja.JapaneseCompletionFilter;
import org.apache.lucene.analysis.ja.JapaneseHiraganaUppercaseFilter;
import org.apache.lucene.analysis.ja.JapaneseKatakanaUppercaseFilter;
import org.apache.lucene.analysis.ja.dict.UserDictionary;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.index.analysis.Analysis;
import org.elasticsearch.index.analysis.AnalyzerProvider;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;

/** What Elasticsearch 8 and 9 have or do in their own way. */
final class Dialect {

  private Dialect() {}

  static UserDictionary userDictionary(Environment env, Settings settings) throws IOException {
    if (settings.hasValue("user_dictionary") && settings.hasValue("user_dictionary_rules")) {
      throw new IllegalArgumentException(
          "It is not allowed to use [user_dictionary] in conjunction with [user_dictionary_rules]");
    }
    var rules = Analysis.getWordList(
        env, settings, "user_dictionary", "user_dictionary_rules", "lenient", false, true);
    boolean none = rules == null || rules.isEmpty();
    return none ? null : UserDictionary.open(new StringReader(String.join("\n", rules)));
  }

  static Map<String, AnalysisProvider<TokenFilterFactory>> filters() {
    return Map.of(
        "hiragana_uppercase", (index, env, name, settings) ->
            new Parts.Filter(name, JapaneseHiraganaUppercaseFilter::new),
        "katakana_uppercase", (index, env, name, settings) ->
            new Parts.Filter(name, JapaneseKatakanaUppercaseFilter::new),
        "kuromoji_completion", (index, env, name, settings) -> {
          var mode = mode(settings);
          return new Parts.Filter(name, in -> new JapaneseCompletionFilter(in, mode));
        });
  }

  static Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> analyzers() {
    return Map.of("kuromoji_completion", (index, env, name, settings) -> {
      var user = userDictionary(env, settings);
      return new Parts.Whole(name, new JapaneseCompletionAnalyzer(user, mode(settings)));
    });
  }

  private static JapaneseCompletionFilter.Mode mode(Settings settings) {
    String name = settings.get("mode", "index");
    return JapaneseCompletionFilter.Mode.valueOf(name.toUpperCase(Locale.ROOT));
  }
}
