package esqual;

import java.io.Reader;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.CharFilterFactory;
import org.apache.lucene.analysis.TokenFilterFactory;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.TokenizerFactory;

/**
 * Character filters, a tokenizer and token filters in a row, with a gap between values.
 * Those marked as normalizing also act on single terms that are not split, as in a wildcard.
 */
public final class ChainAnalyzer extends Analyzer {
  private final CharFilterFactory[] charFilters;
  private final TokenizerFactory tokenizer;
  private final TokenFilterFactory[] filters;
  private final boolean[] normalizingCharFilters;
  private final boolean[] normalizingFilters;
  private final int gap;

  public ChainAnalyzer(
      CharFilterFactory[] charFilters,
      boolean[] normalizingCharFilters,
      TokenizerFactory tokenizer,
      TokenFilterFactory[] filters,
      boolean[] normalizingFilters,
      int gap) {
    this.charFilters = charFilters.clone();
    this.normalizingCharFilters = normalizingCharFilters.clone();
    this.tokenizer = tokenizer;
    this.filters = filters.clone();
    this.normalizingFilters = normalizingFilters.clone();
    this.gap = gap;
  }

  /** The same chain with another gap between the values of a field. */
  public ChainAnalyzer withGap(int positions) {
    return new ChainAnalyzer(
        charFilters, normalizingCharFilters, tokenizer, filters, normalizingFilters, positions);
  }

  @Override
  protected TokenStreamComponents createComponents(String field) {
    Tokenizer source = tokenizer.create(attributeFactory(field));
    TokenStream result = source;
    for (TokenFilterFactory filter : filters) {
      result = filter.create(result);
    }
    return new TokenStreamComponents(source, result);
  }

  @Override
  protected Reader initReader(String field, Reader reader) {
    for (CharFilterFactory filter : charFilters) {
      reader = filter.create(reader);
    }
    return reader;
  }

  @Override
  protected Reader initReaderForNormalization(String field, Reader reader) {
    for (int i = 0; i < charFilters.length; i++) {
      if (normalizingCharFilters[i]) {
        reader = charFilters[i].create(reader);
      }
    }
    return reader;
  }

  @Override
  protected TokenStream normalize(String field, TokenStream in) {
    for (int i = 0; i < filters.length; i++) {
      if (normalizingFilters[i]) {
        in = filters[i].create(in);
      }
    }
    return in;
  }

  @Override
  public int getPositionIncrementGap(String field) {
    return gap;
  }
}
