package esqual;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.util.BytesRef;

/**
 * What belongs to a list of Lucene documents: ids, sources, versions. Texts come back in one array,
 * UTF-8, each followed by the byte 0xFF, which UTF-8 never contains.
 */
public final class Hits {
  private static final int END = 0xFF;

  private Hits() {}

  public static byte[] ids(IndexReader reader, int[] docs) throws IOException {
    List<LeafReaderContext> leaves = reader.leaves();
    SegmentIds[] segments = new SegmentIds[leaves.size()];
    int[] where = new int[docs.length];
    int size = docs.length;
    for (int i = 0; i < docs.length; i++) {
      int leaf = leaves.size() == 1 ? 0 : ReaderUtil.subIndex(docs[i], leaves);
      if (segments[leaf] == null) {
        segments[leaf] = SegmentIds.of(leaves.get(leaf).reader());
      }
      where[i] = leaf;
      size += segments[leaf].length(docs[i] - leaves.get(leaf).docBase);
    }
    byte[] out = new byte[size];
    int at = 0;
    for (int i = 0; i < docs.length; i++) {
      at = segments[where[i]].copy(docs[i] - leaves.get(where[i]).docBase, out, at);
      out[at++] = (byte) END;
    }
    return out;
  }

  public static byte[] sources(IndexReader reader, int[] docs) throws IOException {
    StoredFields stored = reader.storedFields();
    ByteArrayOutputStream out = new ByteArrayOutputStream(docs.length * 512);
    for (int doc : docs) {
      Document document = stored.document(doc);
      BytesRef source = document.getBinaryValue("_source");
      out.write(source.bytes, source.offset, source.length);
      out.write(END);
    }
    return out.toByteArray();
  }

  /** The values of {@code _version} or {@code _seq_no}. */
  public static long[] numbers(IndexReader reader, String field, int[] docs) throws IOException {
    List<LeafReaderContext> leaves = reader.leaves();
    NumericDocValues[] values = new NumericDocValues[leaves.size()];
    long[] answer = new long[docs.length];
    for (int i = 0; i < docs.length; i++) {
      int leaf = ReaderUtil.subIndex(docs[i], leaves);
      int local = docs[i] - leaves.get(leaf).docBase;
      if (values[leaf] == null || values[leaf].docID() > local) {
        values[leaf] = leaves.get(leaf).reader().getNumericDocValues(field);
      }
      if (!values[leaf].advanceExact(local)) {
        throw new IllegalStateException("document " + docs[i] + " has no " + field);
      }
      answer[i] = values[leaf].longValue();
    }
    return answer;
  }
}
