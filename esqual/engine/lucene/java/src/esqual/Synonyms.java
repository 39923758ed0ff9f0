package esqual;

import java.io.IOException;
import java.io.StringReader;
import java.text.ParseException;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenFilterFactory;
import org.apache.lucene.analysis.synonym.SolrSynonymParser;
import org.apache.lucene.analysis.synonym.SynonymFilter;
import org.apache.lucene.analysis.synonym.SynonymGraphFilter;
import org.apache.lucene.analysis.synonym.SynonymMap;
import org.apache.lucene.analysis.synonym.WordnetSynonymParser;
import org.apache.lucene.util.CharsRef;
import org.apache.lucene.util.CharsRefBuilder;

/** Synonyms of one rule set, parsed with the analysis that comes before the filter. */
public final class Synonyms {
  private Synonyms() {}

  /** Lenient leaves out what the analysis before the filter cannot turn into plain terms. */
  @SuppressWarnings("deprecation")
  public static TokenFilterFactory parse(
      String rules, boolean wordnet, boolean expand, boolean lenient, boolean graph, Analyzer before)
      throws IOException, ParseException {
    SynonymMap.Parser parser =
        wordnet ? wordnet(expand, lenient, before) : solr(expand, lenient, before);
    parser.parse(new StringReader(rules));
    SynonymMap map = parser.build();
    if (map.fst == null) {
      return Components.filter(in -> in);
    }
    return Components.filter(
        in -> graph ? new SynonymGraphFilter(in, map, false) : new SynonymFilter(in, map, false));
  }

  private static SynonymMap.Parser solr(boolean expand, boolean lenient, Analyzer before) {
    return new SolrSynonymParser(true, expand, before) {
      @Override
      public CharsRef analyze(String text, CharsRefBuilder reuse) throws IOException {
        try {
          return super.analyze(text, reuse);
        } catch (IllegalArgumentException e) {
          return nothing(lenient, e);
        }
      }

      @Override
      public void add(CharsRef input, CharsRef output, boolean includeOriginal) {
        if (input.length > 0 && output.length > 0) {
          super.add(input, output, includeOriginal);
        }
      }
    };
  }

  private static SynonymMap.Parser wordnet(boolean expand, boolean lenient, Analyzer before) {
    return new WordnetSynonymParser(true, expand, before) {
      @Override
      public CharsRef analyze(String text, CharsRefBuilder reuse) throws IOException {
        try {
          return super.analyze(text, reuse);
        } catch (IllegalArgumentException e) {
          return nothing(lenient, e);
        }
      }

      @Override
      public void add(CharsRef input, CharsRef output, boolean includeOriginal) {
        if (input.length > 0 && output.length > 0) {
          super.add(input, output, includeOriginal);
        }
      }
    };
  }

  private static CharsRef nothing(boolean lenient, IllegalArgumentException reason) {
    if (lenient) {
      return new CharsRef("");
    }
    throw reason;
  }
}
