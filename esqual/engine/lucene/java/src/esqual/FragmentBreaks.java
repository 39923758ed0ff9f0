package esqual;

import java.text.BreakIterator;
import java.text.CharacterIterator;
import java.util.Locale;

/**
 * Where fragments around matches begin and end.
 *
 * <p>A stretch is the sentence of a match and as many sentences after it as fit into the goal (in
 * characters). A stretch within the goal is one fragment. A longer one is cut between words: each
 * fragment begins where the last one ended, or so late that its match still fits in.
 *
 * <p>The highlighter asks {@code preceding(match + 1)}, then {@code following(match)}, with matches
 * in ascending order; the other methods walk by sentences.
 */
final class FragmentBreaks extends BreakIterator {
  private final BreakIterator sentences = BreakIterator.getSentenceInstance(Locale.ROOT);
  private final BreakIterator words = BreakIterator.getWordInstance(Locale.ROOT);
  private final int goal;
  private int from; // what is left of the stretch
  private int to;
  private int end; // of the fragment in hand

  FragmentBreaks(int goal) {
    this.goal = goal;
  }

  @Override
  public int preceding(int offset) {
    int match = offset - 1;
    if (match >= to) {
      from = sentences.isBoundary(match) ? match : sentences.preceding(match);
      to = lastSentenceWithin(from + goal, match);
    }
    int start = from;
    if (to - start > goal && match + 1 - start > goal) {
      start = Math.max(start, words.preceding(match + 1 - goal));
    }
    end = to;
    if (to - start > goal) {
      int least = Math.max(start + goal, match + 1);
      end = least < to ? Math.min(to, words.following(least)) : to;
    }
    from = end;
    return start;
  }

  private int lastSentenceWithin(int limit, int match) {
    int reached = sentences.following(match);
    int next = reached;
    while (next != DONE && next <= limit) {
      reached = next;
      next = sentences.next();
    }
    return reached;
  }

  @Override
  public int following(int offset) {
    return end;
  }

  @Override
  public void setText(CharacterIterator text) {
    sentences.setText((CharacterIterator) text.clone());
    words.setText((CharacterIterator) text.clone());
    from = to = end = text.getBeginIndex();
  }

  @Override
  public CharacterIterator getText() {
    return sentences.getText();
  }

  @Override
  public int first() {
    return sentences.first();
  }

  @Override
  public int last() {
    return sentences.last();
  }

  @Override
  public int next(int n) {
    return sentences.next(n);
  }

  @Override
  public int next() {
    return sentences.next();
  }

  @Override
  public int previous() {
    return sentences.previous();
  }

  @Override
  public int current() {
    return sentences.current();
  }
}
