package esqual;

import java.io.Reader;
import java.util.HashMap;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.CharFilterFactory;
import org.apache.lucene.analysis.StopFilter;
import org.apache.lucene.analysis.TokenFilterFactory;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.TokenizerFactory;
import org.apache.lucene.analysis.charfilter.MappingCharFilter;
import org.apache.lucene.analysis.charfilter.NormalizeCharMap;
import org.apache.lucene.analysis.ja.JapanesePartOfSpeechStopFilter;
import org.apache.lucene.analysis.ja.JapaneseTokenizer;
import org.apache.lucene.analysis.ja.dict.UserDictionary;
import org.apache.lucene.analysis.miscellaneous.PatternKeywordMarkerFilter;
import org.apache.lucene.analysis.miscellaneous.SetKeywordMarkerFilter;
import org.apache.lucene.analysis.ngram.EdgeNGramTokenizer;
import org.apache.lucene.analysis.ngram.NGramTokenizer;
import org.apache.lucene.analysis.pattern.PatternReplaceCharFilter;
import org.apache.lucene.analysis.pattern.PatternReplaceFilter;
import org.apache.lucene.analysis.pattern.PatternTokenizer;
import org.apache.lucene.analysis.util.CharTokenizer;
import org.apache.lucene.search.suggest.analyzing.SuggestStopFilter;
import org.apache.lucene.util.AttributeFactory;

/** Factories of components whose Lucene factory reads files or lacks a choice. */
public final class Components {
  private Components() {}

  public static CharFilterFactory mapping(NormalizeCharMap map) {
    return charFilter(in -> new MappingCharFilter(map, in));
  }

  public static CharFilterFactory patternReplaceChars(Pattern pattern, String replacement) {
    return charFilter(in -> new PatternReplaceCharFilter(pattern, replacement, in));
  }

  public static TokenizerFactory pattern(Pattern pattern, int group) {
    return tokenizer(attributes -> new PatternTokenizer(attributes, pattern, group));
  }

  /** The higher of {@code cost} and what {@code examples} (or null) ask for. */
  public static TokenizerFactory japanese(
      UserDictionary dictionary,
      boolean discardPunctuation,
      boolean discardCompound,
      JapaneseTokenizer.Mode mode,
      int cost,
      String examples) {
    return tokenizer(
        attributes -> {
          JapaneseTokenizer tokenizer =
              new JapaneseTokenizer(
                  attributes, dictionary, discardPunctuation, discardCompound, mode);
          int best = examples == null ? cost : Math.max(cost, tokenizer.calcNBestCost(examples));
          tokenizer.setNBestCost(best);
          return tokenizer;
        });
  }

  /** Grams of runs of the characters that {@link CharClass} holds. */
  public static TokenizerFactory grams(int min, int max, boolean edge, CharClass kept) {
    return tokenizer(
        attributes ->
            edge
                ? new EdgeNGramTokenizer(attributes, min, max) {
                  @Override
                  protected boolean isTokenChar(int c) {
                    return kept.holds(c);
                  }
                }
                : new NGramTokenizer(attributes, min, max) {
                  @Override
                  protected boolean isTokenChar(int c) {
                    return kept.holds(c);
                  }
                });
  }

  /** Splits at the characters that {@link CharClass} holds. */
  public static TokenizerFactory splitAt(CharClass separators, int maxLength) {
    return tokenizer(
        attributes ->
            new CharTokenizer(attributes, maxLength) {
              @Override
              protected boolean isTokenChar(int c) {
                return !separators.holds(c);
              }
            });
  }

  /** Without {@code removeTrailing} a stop word at the very end stays, as it may be a prefix. */
  public static TokenFilterFactory stop(CharArraySet words, boolean removeTrailing) {
    return filter(
        in -> removeTrailing ? new StopFilter(in, words) : new SuggestStopFilter(in, words));
  }

  public static TokenFilterFactory partOfSpeechStop(Set<String> tags) {
    return filter(in -> new JapanesePartOfSpeechStopFilter(in, tags));
  }

  public static TokenFilterFactory keywords(CharArraySet words) {
    return filter(in -> new SetKeywordMarkerFilter(in, words));
  }

  public static TokenFilterFactory keywords(Pattern pattern) {
    return filter(in -> new PatternKeywordMarkerFilter(in, pattern));
  }

  public static TokenFilterFactory patternReplace(
      Pattern pattern, String replacement, boolean all) {
    return filter(in -> new PatternReplaceFilter(in, pattern, replacement, all));
  }

  public static TokenFilterFactory unique(boolean samePosition) {
    return filter(in -> new UniqueFilter(in, samePosition));
  }

  static TokenFilterFactory filter(UnaryOperator<TokenStream> make) {
    return new TokenFilterFactory(new HashMap<>()) {
      @Override
      public TokenStream create(TokenStream in) {
        return make.apply(in);
      }
    };
  }

  private static TokenizerFactory tokenizer(Function<AttributeFactory, Tokenizer> make) {
    return new TokenizerFactory(new HashMap<>()) {
      @Override
      public Tokenizer create(AttributeFactory attributes) {
        return make.apply(attributes);
      }
    };
  }

  private static CharFilterFactory charFilter(UnaryOperator<Reader> make) {
    return new CharFilterFactory(new HashMap<>()) {
      @Override
      public Reader create(Reader in) {
        return make.apply(in);
      }
    };
  }
}
