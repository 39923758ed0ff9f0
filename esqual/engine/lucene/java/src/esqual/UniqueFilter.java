package esqual;

import java.io.IOException;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.FilteringTokenFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionIncrementAttribute;

/** Keeps the first of equal terms, in the whole stream or within one position. */
final class UniqueFilter extends FilteringTokenFilter {
  private final CharTermAttribute term = addAttribute(CharTermAttribute.class);
  private final PositionIncrementAttribute increment =
      addAttribute(PositionIncrementAttribute.class);
  private final CharArraySet seen = new CharArraySet(16, false);
  private final boolean samePosition;

  UniqueFilter(TokenStream in, boolean samePosition) {
    super(in);
    this.samePosition = samePosition;
  }

  @Override
  protected boolean accept() {
    if (samePosition && increment.getPositionIncrement() > 0) {
      seen.clear();
    }
    return seen.add(term.toString());
  }

  @Override
  public void reset() throws IOException {
    super.reset();
    seen.clear();
  }
}
