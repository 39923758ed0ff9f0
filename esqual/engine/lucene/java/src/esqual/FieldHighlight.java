package esqual;

import java.io.IOException;
import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.uhighlight.Passage;
import org.apache.lucene.search.uhighlight.PassageFormatter;
import org.apache.lucene.search.uhighlight.SplittingBreakIterator;
import org.apache.lucene.search.uhighlight.UnifiedHighlighter;
import org.apache.lucene.search.uhighlight.WholeBreakIterator;

/** Highlights one field's values with Lucene's unified highlighter. */
public final class FieldHighlight extends PassageFormatter {
  // what Lucene's highlighter takes for the border between two values
  private static final char SEPARATOR = 0;

  private final String pre;
  private final String post;
  private final boolean html;
  private final boolean byScore;
  private final int fragments;
  private final int fragmentSize;
  private final int noMatchSize;

  public FieldHighlight(
      String pre,
      String post,
      boolean html,
      boolean byScore,
      int fragments,
      int fragmentSize,
      int noMatchSize) {
    this.pre = pre;
    this.post = post;
    this.html = html;
    this.byScore = byScore;
    this.fragments = fragments;
    this.fragmentSize = fragmentSize;
    this.noMatchSize = noMatchSize;
  }

  /** The fragments of the values, none when nothing in them matches. */
  public String[] apply(
      Analyzer analyzer,
      Query query,
      String field,
      String[] values,
      boolean onlyThisField)
      throws IOException {
    String content = String.join(String.valueOf(SEPARATOR), values);
    if (content.isEmpty()) {
      return new String[0];
    }
    UnifiedHighlighter highlighter =
        UnifiedHighlighter.builderWithoutSearcher(analyzer)
            .withBreakIterator(breaks())
            .withFieldMatcher(name -> !onlyThisField || name.equals(field))
            .withFormatter(this)
            .withMaxLength(Math.max(content.length(), 1))
            .withMaxNoHighlightPassages(0)
            .build();
    int most = fragments == 0 ? Integer.MAX_VALUE - 1 : fragments;
    Object found = highlighter.highlightWithoutSearcher(field, query, content, most);
    if (found == null) {
      return noMatchSize > 0 ? new String[] {encoded(opening(values[0]))} : new String[0];
    }
    return (String[]) found;
  }

  private Supplier<BreakIterator> breaks() {
    return () -> new SplittingBreakIterator(withinOneValue(), SEPARATOR);
  }

  private BreakIterator withinOneValue() {
    if (fragments == 0) {
      return new WholeBreakIterator();
    }
    if (fragmentSize == 0) {
      return BreakIterator.getSentenceInstance(Locale.ROOT);
    }
    return new FragmentBreaks(fragmentSize);
  }

  private String opening(String value) {
    if (value.length() <= noMatchSize) {
      return value;
    }
    BreakIterator words = BreakIterator.getWordInstance(Locale.ROOT);
    words.setText(value);
    return value.substring(0, words.following(noMatchSize));
  }

  @Override
  public Object format(Passage[] passages, String content) {
    List<Passage> ordered = new ArrayList<>(Arrays.asList(passages));
    if (byScore) {
      ordered.sort(
          Comparator.comparing(Passage::getScore, Comparator.reverseOrder())
              .thenComparing(Passage::getStartOffset));
    }
    return ordered.stream()
        .filter(passage -> passage.getNumMatches() > 0)
        .map(passage -> marked(passage, content))
        .toArray(String[]::new);
  }

  private String marked(Passage passage, String content) {
    StringBuilder text = new StringBuilder();
    int at = passage.getStartOffset();
    for (int i = 0; i < passage.getNumMatches(); i++) {
      int start = passage.getMatchStarts()[i];
      int end = passage.getMatchEnds()[i];
      while (i + 1 < passage.getNumMatches() && passage.getMatchStarts()[i + 1] < end) {
        end = Math.max(end, passage.getMatchEnds()[++i]); // overlapping matches are one
      }
      end = Math.min(end, passage.getEndOffset());
      if (start < at || end < start) {
        continue;
      }
      text.append(encoded(content.substring(at, start)));
      text.append(pre).append(encoded(content.substring(start, end))).append(post);
      at = end;
    }
    text.append(encoded(content.substring(at, Math.max(at, passage.getEndOffset()))));
    if (text.length() > 0 && text.charAt(text.length() - 1) == SEPARATOR) {
      text.setLength(text.length() - 1);
    }
    return text.toString().trim();
  }

  private String encoded(String text) {
    if (!html) {
      return text;
    }
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#x27;")
        .replace("/", "&#x2F;");
  }
}
