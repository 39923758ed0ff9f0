package esqual;

import java.io.IOException;
import org.apache.lucene.index.LeafReaderContext;

/** A number per document, for function_score; {@link #toString()} tells what it is. */
public interface ScoreFunction {
  /** The function on one segment; documents come in increasing order. */
  interface Leaf {
    double score(int document) throws IOException;
  }

  Leaf leaf(LeafReaderContext context) throws IOException;
}
