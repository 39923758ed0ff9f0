package esqual.kuromoji;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.StopFilter;
import org.apache.lucene.analysis.ja.JapaneseAnalyzer;
import org.apache.lucene.analysis.ja.JapaneseBaseFormFilter;
import org.apache.lucene.analysis.ja.JapaneseIterationMarkCharFilter;
import org.apache.lucene.analysis.ja.JapaneseKatakanaStemFilter;
import org.apache.lucene.analysis.ja.JapaneseNumberFilter;
import org.apache.lucene.analysis.ja.JapanesePartOfSpeechStopFilter;
import org.apache.lucene.analysis.ja.JapaneseReadingFormFilter;
import org.apache.lucene.analysis.ja.JapaneseTokenizer;
import org.apache.lucene.search.suggest.analyzing.SuggestStopFilter;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.analysis.Analysis;
import org.elasticsearch.index.analysis.AnalyzerProvider;
import org.elasticsearch.index.analysis.CharFilterFactory;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.Plugin;

/** Lucene's kuromoji under the names, settings and defaults of the official plugin's manual. */
public class KuromojiPlugin extends Plugin implements AnalysisPlugin {

  @Override
  public Map<String, AnalysisProvider<TokenizerFactory>> getTokenizers() {
    return Map.of("kuromoji_tokenizer", (index, env, name, settings) -> {
      var user = Dialect.userDictionary(env, settings);
      boolean noPunctuation = settings.getAsBoolean("discard_punctuation", true);
      boolean noCompounds = settings.getAsBoolean("discard_compound_token", false);
      int cost = settings.getAsInt("nbest_cost", -1);
      String examples = settings.get("nbest_examples");
      return new Parts.Words(name, () -> {
        var words = new JapaneseTokenizer(user, noPunctuation, noCompounds, mode(settings));
        int wanted = examples == null ? -1 : words.calcNBestCost(examples);
        words.setNBestCost(Math.max(cost, wanted));
        return words;
      });
    });
  }

  @Override
  public Map<String, AnalysisProvider<CharFilterFactory>> getCharFilters() {
    return Map.of("kuromoji_iteration_mark", (index, env, name, settings) -> {
      boolean kanji = settings.getAsBoolean("normalize_kanji", true);
      boolean kana = settings.getAsBoolean("normalize_kana", true);
      return new Parts.Signs(name, in -> new JapaneseIterationMarkCharFilter(in, kanji, kana));
    });
  }

  @Override
  public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
    Map<String, AnalysisProvider<TokenFilterFactory>> all = new HashMap<>(Dialect.filters());
    all.put("kuromoji_baseform", (index, env, name, settings) ->
        new Parts.Filter(name, JapaneseBaseFormFilter::new));
    all.put("kuromoji_number", (index, env, name, settings) ->
        new Parts.Filter(name, JapaneseNumberFilter::new));
    all.put("kuromoji_readingform", (index, env, name, settings) -> {
      boolean latin = settings.getAsBoolean("use_romaji", false);
      return new Parts.Filter(name, in -> new JapaneseReadingFormFilter(in, latin));
    });
    all.put("kuromoji_stemmer", (index, env, name, settings) -> {
      int shortest = settings.getAsInt("minimum_length", 4);
      return new Parts.Filter(name, in -> new JapaneseKatakanaStemFilter(in, shortest));
    });
    all.put("kuromoji_part_of_speech", (index, env, name, settings) -> {
      List<String> listed = Analysis.getWordList(env, settings, "stoptags");
      Set<String> tags =
          listed == null ? JapaneseAnalyzer.getDefaultStopTags() : new HashSet<>(listed);
      return new Parts.Filter(name, in -> new JapanesePartOfSpeechStopFilter(in, tags));
    });
    all.put("ja_stop", (index, env, name, settings) -> {
      var japanese = JapaneseAnalyzer.getDefaultStopSet();
      boolean anyCase = settings.getAsBoolean("ignore_case", false);
      var words = Analysis.parseWords(
          env, settings, "stopwords", japanese, Map.of("_japanese_", japanese), anyCase);
      return settings.getAsBoolean("remove_trailing", true)
          ? new Parts.Filter(name, in -> new StopFilter(in, words))
          : new Parts.Filter(name, in -> new SuggestStopFilter(in, words));
    });
    return all;
  }

  @Override
  public Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> getAnalyzers() {
    Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> all =
        new HashMap<>(Dialect.analyzers());
    all.put("kuromoji", (index, env, name, settings) -> {
      var words = Analysis.parseStopWords(env, settings, JapaneseAnalyzer.getDefaultStopSet());
      var tags = JapaneseAnalyzer.getDefaultStopTags();
      var user = Dialect.userDictionary(env, settings);
      return new Parts.Whole(name, new JapaneseAnalyzer(user, mode(settings), words, tags));
    });
    return all;
  }

  private static JapaneseTokenizer.Mode mode(Settings settings) {
    String name = settings.get("mode", "search");
    return JapaneseTokenizer.Mode.valueOf(name.toUpperCase(Locale.ROOT));
  }
}
