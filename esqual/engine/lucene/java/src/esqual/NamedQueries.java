package esqual;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.TwoPhaseIterator;
import org.apache.lucene.search.Weight;

/** Which of several named queries match which documents. */
public final class NamedQueries {
  private final IndexSearcher searcher;
  // the order of names in an answer is that of a plain HashMap
  private final Map<String, Weight> weights = new HashMap<>();

  public NamedQueries(IndexSearcher searcher) {
    this.searcher = searcher;
  }

  /** Add one query under its name. */
  public void put(String name, Query query) throws IOException {
    Query rewritten = searcher.rewrite(query);
    weights.put(name, searcher.createWeight(rewritten, ScoreMode.COMPLETE_NO_SCORES, 1f));
  }

  /** The names whose queries match the document, joined by NUL. */
  public String matching(int doc) throws IOException {
    List<LeafReaderContext> leaves = searcher.getIndexReader().leaves();
    LeafReaderContext leaf = leaves.get(ReaderUtil.subIndex(doc, leaves));
    List<String> names = new ArrayList<>();
    for (Map.Entry<String, Weight> entry : weights.entrySet()) {
      if (matches(entry.getValue().scorer(leaf), doc - leaf.docBase)) {
        names.add(entry.getKey());
      }
    }
    return String.join("\0", names);
  }

  private static boolean matches(Scorer scorer, int doc) throws IOException {
    if (scorer == null) {
      return false;
    }
    TwoPhaseIterator twoPhase = scorer.twoPhaseIterator();
    if (twoPhase == null) {
      return scorer.iterator().advance(doc) == doc;
    }
    return twoPhase.approximation().advance(doc) == doc && twoPhase.matches();
  }
}
