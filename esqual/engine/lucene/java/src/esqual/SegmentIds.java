package esqual;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.lucene.index.BinaryDocValues;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.util.ArrayUtil;
import org.apache.lucene.util.BytesRef;

/** The ids of one segment in memory, read once and kept as long as the segment is open. */
final class SegmentIds {
  private static final Map<IndexReader.CacheKey, SegmentIds> OPEN = new ConcurrentHashMap<>();

  private final int[] ends;
  private byte[] bytes;

  private SegmentIds(LeafReader reader) throws IOException {
    int size = reader.maxDoc();
    ends = new int[size];
    bytes = new byte[size * 8];
    BinaryDocValues ids = reader.getBinaryDocValues("_id");
    int end = 0;
    for (int doc = 0; doc < size; doc++) {
      // a document that failed half-way is deleted and may have no id
      if (ids != null && ids.advanceExact(doc)) {
        BytesRef id = ids.binaryValue();
        bytes = ArrayUtil.grow(bytes, end + id.length);
        System.arraycopy(id.bytes, id.offset, bytes, end, id.length);
        end += id.length;
      }
      ends[doc] = end;
    }
  }

  static SegmentIds of(LeafReader reader) throws IOException {
    IndexReader.CacheHelper core = reader.getCoreCacheHelper();
    SegmentIds ids = OPEN.get(core.getKey());
    if (ids == null) {
      ids = new SegmentIds(reader);
      if (OPEN.putIfAbsent(core.getKey(), ids) == null) {
        core.addClosedListener(OPEN::remove);
      }
    }
    return ids;
  }

  int length(int doc) {
    return ends[doc] - start(doc);
  }

  /** Copy one id; where it ends in {@code target}. */
  int copy(int doc, byte[] target, int at) {
    int length = length(doc);
    System.arraycopy(bytes, start(doc), target, at, length);
    return at + length;
  }

  private int start(int doc) {
    return doc == 0 ? 0 : ends[doc - 1];
  }
}
