package esqual;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.CharFilterFactory;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.OffsetAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionIncrementAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionLengthAttribute;
import org.apache.lucene.analysis.tokenattributes.TypeAttribute;

/** The tokens of one or several texts, read in one call. */
public final class TokenReader {
  private final List<String> terms = new ArrayList<>();
  private final List<String> types = new ArrayList<>();
  // start offset, end offset, position, position length of each token
  private int[] numbers = new int[256];
  private final List<String[]> details = new ArrayList<>();
  private int position = -1;
  private int offset;

  private TokenReader() {}

  /**
   * Reads the texts as the values of one field: positions go on with {@code gap} between them,
   * offsets with the analyzer's gap. Throws {@link IllegalStateException} when there are more than {@code limit} tokens.
   */
  public static TokenReader read(
      Analyzer analyzer, String[] texts, int gap, int limit, boolean details) throws IOException {
    TokenReader reader = new TokenReader();
    for (String text : texts) {
      try (TokenStream stream = analyzer.tokenStream("", text)) {
        reader.drain(stream, limit, details);
      }
      reader.position += gap;
      reader.offset += analyzer.getOffsetGap("");
    }
    return reader;
  }

  private void drain(TokenStream stream, int limit, boolean withDetails) throws IOException {
    CharTermAttribute term = stream.addAttribute(CharTermAttribute.class);
    OffsetAttribute offsets = stream.addAttribute(OffsetAttribute.class);
    PositionIncrementAttribute increment = stream.addAttribute(PositionIncrementAttribute.class);
    PositionLengthAttribute length = stream.addAttribute(PositionLengthAttribute.class);
    TypeAttribute type = stream.addAttribute(TypeAttribute.class);
    stream.reset();
    while (stream.incrementToken()) {
      if (terms.size() >= limit) {
        throw new IllegalStateException("too many tokens");
      }
      position += increment.getPositionIncrement();
      int at = terms.size() * 4;
      if (at == numbers.length) {
        numbers = Arrays.copyOf(numbers, at * 2);
      }
      numbers[at] = offset + offsets.startOffset();
      numbers[at + 1] = offset + offsets.endOffset();
      numbers[at + 2] = position;
      numbers[at + 3] = length.getPositionLength();
      terms.add(term.toString());
      types.add(type.type());
      if (withDetails) {
        details.add(details(stream));
      }
    }
    stream.end();
    offset += offsets.endOffset();
    position += increment.getPositionIncrement();
  }

  /** Attribute class, key, Java type and value of each further attribute, flat. */
  private static String[] details(TokenStream stream) {
    List<String> flat = new ArrayList<>();
    stream.reflectWith(
        (attribute, key, value) -> {
          flat.add(attribute.getName());
          flat.add(key);
          flat.add(value == null ? "null" : value.getClass().getSimpleName());
          flat.add(String.valueOf(value));
        });
    return flat.toArray(new String[0]);
  }

  /** The text after the character filters. */
  public static String filtered(CharFilterFactory[] filters, String text) throws IOException {
    Reader reader = new StringReader(text);
    for (CharFilterFactory filter : filters) {
      reader = filter.create(reader);
    }
    StringWriter writer = new StringWriter();
    reader.transferTo(writer);
    return writer.toString();
  }

  public String[] terms() {
    return terms.toArray(new String[0]);
  }

  public String[] types() {
    return types.toArray(new String[0]);
  }

  public int[] numbers() {
    return Arrays.copyOf(numbers, terms.size() * 4);
  }

  public String[][] details() {
    return details.toArray(new String[0][]);
  }
}
