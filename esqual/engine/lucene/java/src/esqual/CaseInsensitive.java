package esqual;

import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.AutomatonQuery;
import org.apache.lucene.search.MultiTermQuery;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/** Terms, prefixes and wildcards that ignore the case of ASCII letters. */
public final class CaseInsensitive {
  private static final int LIMIT = 10000;

  private CaseInsensitive() {}

  public static AutomatonQuery term(Term term) {
    return query(term, exactly(term.text()), MultiTermQuery.CONSTANT_SCORE_REWRITE);
  }

  public static AutomatonQuery prefix(Term term, MultiTermQuery.RewriteMethod method) {
    Automaton all =
        Operations.concatenate(List.of(exactly(term.text()), Automata.makeAnyString()));
    return query(term, all, method);
  }

  public static AutomatonQuery wildcard(Term term, MultiTermQuery.RewriteMethod method) {
    List<Automaton> parts = new ArrayList<>();
    int[] text = term.text().codePoints().toArray();
    for (int i = 0; i < text.length; i++) {
      if (text[i] == '*') {
        parts.add(Automata.makeAnyString());
      } else if (text[i] == '?') {
        parts.add(Automata.makeAnyChar());
      } else {
        boolean escaped = text[i] == '\\' && i + 1 < text.length;
        parts.add(letter(escaped ? text[++i] : text[i]));
      }
    }
    return query(term, Operations.concatenate(parts), method);
  }

  private static AutomatonQuery query(
      Term term, Automaton automaton, MultiTermQuery.RewriteMethod method) {
    return new AutomatonQuery(term, Operations.determinize(automaton, LIMIT), false, method);
  }

  private static Automaton exactly(String text) {
    return Operations.concatenate(
        text.codePoints().mapToObj(CaseInsensitive::letter).toList());
  }

  private static Automaton letter(int point) {
    boolean ascii = point < 128 && Character.isLetter(point);
    if (!ascii) {
      return Automata.makeChar(point);
    }
    Automaton lower = Automata.makeChar(Character.toLowerCase(point));
    return Operations.union(List.of(lower, Automata.makeChar(Character.toUpperCase(point))));
  }
}
