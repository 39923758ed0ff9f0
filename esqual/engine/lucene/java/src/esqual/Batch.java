package esqual;

import java.nio.charset.StandardCharsets;
import org.apache.lucene.util.BytesRef;

/**
 * Write operations packed into arrays, so that one call carries many documents.
 *
 * <p>Texts lie end to end in {@code bytes}; text t ends where {@code ends[t]} says. Operation i has
 * the id text {@code ids[i]}, the source text {@code sources[i]} (-1 deletes) and the rows from
 * {@code rowEnds[i - 1]} to {@code rowEnds[i]}. Row r is a value of the field with the number {@code
 * rowSpecs[r]}; {@code rowValues[r]} says which text, which of {@code longs} or which of {@code
 * doubles} it is.
 */
public record Batch(
    byte[] bytes,
    int[] ends,
    int[] ids,
    int[] sources,
    int[] conditions,
    long[] expected,
    int[] rowEnds,
    int[] rowSpecs,
    int[] rowValues,
    long[] longs,
    double[] doubles) {

  /** What must hold for an operation; {@code expected} has the number meant. */
  public static final int ALWAYS = 0;

  public static final int MUST_NOT_EXIST = 1;
  public static final int SEQ_NO = 2;
  public static final int EXTERNAL = 3;
  public static final int EXTERNAL_GTE = 4;

  BytesRef ref(int text) {
    int start = text == 0 ? 0 : ends[text - 1];
    return new BytesRef(bytes, start, ends[text] - start);
  }

  String text(int text) {
    int start = text == 0 ? 0 : ends[text - 1];
    return new String(bytes, start, ends[text] - start, StandardCharsets.UTF_8);
  }
}
