package esqual;

import java.io.IOException;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.KnnVectorsWriter;
import org.apache.lucene.codecs.lucene104.Lucene104Codec;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.index.SegmentReadState;
import org.apache.lucene.index.SegmentWriteState;

/**
 * Lucene's own codec with a vector format per field. What it writes carries Lucene's names, so any
 * reader of Lucene opens it.
 */
public final class VectorCodec extends Lucene104Codec {
  private static final int MAX_DIMENSIONS = 4096;
  private final ConcurrentHashMap<String, KnnVectorsFormat> formats = new ConcurrentHashMap<>();

  /**
   * How a field's vectors are written: segments of fewer than some {@code threshold} vectors get no
   * graph; 0 is a graph for all, -1 for none.
   */
  public void put(String field, int m, int efConstruction, int threshold) {
    formats.put(field, new Format(m, efConstruction, threshold));
  }

  @Override
  public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
    KnnVectorsFormat format = formats.get(field);
    return format == null ? super.getKnnVectorsFormatForField(field) : format;
  }

  /** Lucene's format, but for its limit of 1024 dimensions. */
  private static final class Format extends KnnVectorsFormat {
    private final KnnVectorsFormat lucene;

    Format(int m, int efConstruction, int threshold) {
      super("Lucene99HnswVectorsFormat");
      lucene =
          new Lucene99HnswVectorsFormat(m, efConstruction, 1, null, perVisit(threshold));
    }

    /** Lucene counts in visited nodes: a graph pays when n > ln(n) * this. */
    private static int perVisit(int threshold) {
      if (threshold < 0) {
        return Integer.MAX_VALUE;
      }
      return threshold <= 2 ? 0 : (int) (threshold / Math.log(threshold));
    }

    @Override
    public KnnVectorsWriter fieldsWriter(SegmentWriteState state) throws IOException {
      return lucene.fieldsWriter(state);
    }

    @Override
    public KnnVectorsReader fieldsReader(SegmentReadState state) throws IOException {
      return lucene.fieldsReader(state);
    }

    @Override
    public int getMaxDimensions(String field) {
      return MAX_DIMENSIONS;
    }
  }
}
