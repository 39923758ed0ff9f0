package esqual.kuromoji;

import java.io.Reader;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.elasticsearch.index.analysis.AnalyzerProvider;
import org.elasticsearch.index.analysis.AnalyzerScope;
import org.elasticsearch.index.analysis.NormalizingCharFilterFactory;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;

/** The server's kinds of factory, each a name and a function. */
final class Parts {

  private Parts() {}

  record Signs(String name, UnaryOperator<Reader> change) implements NormalizingCharFilterFactory {
    @Override
    public Reader create(Reader in) {
      return change.apply(in);
    }
  }

  record Words(String name, Supplier<Tokenizer> make) implements TokenizerFactory {
    @Override
    public Tokenizer create() {
      return make.get();
    }
  }

  record Filter(String name, UnaryOperator<TokenStream> change) implements TokenFilterFactory {
    @Override
    public TokenStream create(TokenStream in) {
      return change.apply(in);
    }
  }

  record Whole(String name, Analyzer get) implements AnalyzerProvider<Analyzer> {
    @Override
    public AnalyzerScope scope() {
      return AnalyzerScope.INDEX;
    }
  }
}
