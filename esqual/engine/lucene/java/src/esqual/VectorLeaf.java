package esqual;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.codecs.lucene95.HasIndexSlice;
import org.apache.lucene.index.ByteVectorValues;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.VectorEncoding;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.Weight;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.FixedBitSet;

/** The vectors of one field in one segment, numbered from 0 in the order of their documents. */
public final class VectorLeaf {
  private static final int COPY_VECTORS = 4096;

  private final LeafReaderContext context;
  private final KnnVectorValues values;
  private final VectorSimilarityFunction similarity;

  private VectorLeaf(
      LeafReaderContext context, KnnVectorValues values, VectorSimilarityFunction similarity) {
    this.context = context;
    this.values = values;
    this.similarity = similarity;
  }

  /** The segments of {@code reader} that have vectors in {@code field}, in order. */
  public static VectorLeaf[] of(IndexReader reader, String field) throws IOException {
    List<VectorLeaf> leaves = new ArrayList<>();
    for (LeafReaderContext context : reader.leaves()) {
      VectorLeaf leaf = of(context, field);
      if (leaf != null) {
        leaves.add(leaf);
      }
    }
    return leaves.toArray(new VectorLeaf[0]);
  }

  static VectorLeaf of(LeafReaderContext context, String field) throws IOException {
    FieldInfo info = context.reader().getFieldInfos().fieldInfo(field);
    if (info == null || info.getVectorDimension() == 0) {
      return null;
    }
    boolean floats = info.getVectorEncoding() == VectorEncoding.FLOAT32;
    KnnVectorValues values =
        floats
            ? context.reader().getFloatVectorValues(field)
            : context.reader().getByteVectorValues(field);
    boolean none = values == null || values.size() == 0;
    return none ? null : new VectorLeaf(context, values, info.getVectorSimilarityFunction());
  }

  public int size() {
    return values.size();
  }

  public int docBase() {
    return context.docBase;
  }

  LeafReaderContext context() {
    return context;
  }

  KnnVectorValues values() {
    return values;
  }

  VectorSimilarityFunction similarity() {
    return similarity;
  }

  /** Where the vectors lie on disk, or null where they cannot be read in place. */
  public IndexInput slice() {
    IndexInput slice = values instanceof HasIndexSlice held ? held.getSlice() : null;
    long bytes = (long) values.size() * values.getVectorByteLength();
    return slice != null && slice.length() == bytes ? slice : null;
  }

  /** A copy of some vectors: floats little-endian, or bytes. */
  public byte[] copy(int from, int to) throws IOException {
    ByteBuffer out =
        ByteBuffer.allocate((to - from) * values.getVectorByteLength())
            .order(ByteOrder.LITTLE_ENDIAN);
    KnnVectorValues own = values.copy();
    for (int ord = from; ord < to; ord++) {
      if (own instanceof FloatVectorValues floats) {
        for (float value : floats.vectorValue(ord)) {
          out.putFloat(value);
        }
      } else {
        out.put(((ByteVectorValues) own).vectorValue(ord));
      }
    }
    return out.array();
  }

  /** How many vectors to copy in one call. */
  public static int copyVectors() {
    return COPY_VECTORS;
  }

  /**
   * The vectors of live documents that {@code filter} (null: all) finds, as bits, 64 a word; null
   * when that is all of them.
   */
  public static long[][] accepted(VectorLeaf[] leaves, IndexSearcher searcher, Query filter)
      throws IOException {
    Weight weight = null;
    if (filter != null) {
      Query rewritten = searcher.rewrite(filter);
      weight = searcher.createWeight(rewritten, ScoreMode.COMPLETE_NO_SCORES, 1f);
    }
    long[][] answer = new long[leaves.length][];
    for (int i = 0; i < leaves.length; i++) {
      answer[i] = leaves[i].accepted(weight);
    }
    return answer;
  }

  private long[] accepted(Weight weight) throws IOException {
    Bits live = context.reader().getLiveDocs();
    if (weight == null && live == null) {
      return null;
    }
    FixedBitSet found = new FixedBitSet(values.size());
    KnnVectorValues.DocIndexIterator vectors = values.copy().iterator();
    if (weight == null) {
      for (int doc = vectors.nextDoc();
          doc != DocIdSetIterator.NO_MORE_DOCS;
          doc = vectors.nextDoc()) {
        if (live.get(doc)) {
          found.set(vectors.index());
        }
      }
      return found.getBits();
    }
    Scorer scorer = weight.scorer(context);
    if (scorer == null) {
      return found.getBits();
    }
    DocIdSetIterator matches = scorer.iterator();
    for (int doc = matches.nextDoc();
        doc != DocIdSetIterator.NO_MORE_DOCS;
        doc = matches.nextDoc()) {
      if (live != null && !live.get(doc)) {
        continue;
      }
      if (vectors.docID() < doc && vectors.advance(doc) == DocIdSetIterator.NO_MORE_DOCS) {
        break;
      }
      if (vectors.docID() == doc) {
        found.set(vectors.index());
      }
    }
    return found.getBits();
  }

  /** Scores vectors of this segment against one query; not for two threads. */
  Scores scores(float[] floats, byte[] bytes) throws IOException {
    KnnVectorValues own = values.copy();
    if (own instanceof FloatVectorValues vectors) {
      return ord -> similarity.compare(floats, vectors.vectorValue(ord));
    }
    ByteVectorValues vectors = (ByteVectorValues) own;
    return ord -> similarity.compare(bytes, vectors.vectorValue(ord));
  }

  int document(int ord) {
    return context.docBase + values.ordToDoc(ord);
  }

  /** The score of a vector, by its number. */
  interface Scores {
    float score(int ord) throws IOException;
  }
}
