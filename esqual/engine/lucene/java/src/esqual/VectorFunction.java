package esqual;

import java.io.IOException;
import org.apache.lucene.index.ByteVectorValues;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.SortedNumericDocValues;
import org.apache.lucene.util.NumericUtils;

/** A vector function of a script: how a document's vector lies to the query's. */
public final class VectorFunction implements ScoreFunction {
  private final String name;
  private final String field;
  private final boolean unit;
  private final float[] query;
  private final double length;

  /**
   * {@code name} is {@code cosineSimilarity}, {@code dotProduct}, {@code l1norm} or l2norm; {@code
   * unit}: what the field keeps has the length 1, or nearly so, and is taken to have it.
   */
  public VectorFunction(String name, String field, boolean unit, float[] query) {
    this.name = name;
    this.field = field;
    this.unit = unit;
    this.query = query;
    double sum = 0;
    for (float value : query) {
      sum += (double) value * value;
    }
    length = Math.sqrt(sum);
  }

  @Override
  public Leaf leaf(LeafReaderContext context) throws IOException {
    VectorLeaf leaf = VectorLeaf.of(context, field);
    if (leaf == null) {
      return document -> {
        throw missing();
      };
    }
    KnnVectorValues values = leaf.values().copy();
    KnnVectorValues.DocIndexIterator vectors = values.iterator();
    SortedNumericDocValues lengths =
        DocValues.getSortedNumeric(context.reader(), field + "._magnitude");
    float[] vector = new float[query.length];
    boolean cosine = name.equals("cosineSimilarity");
    return document -> {
      if (vectors.docID() < document) {
        vectors.advance(document);
      }
      if (vectors.docID() != document) {
        throw missing();
      }
      read(values, vectors.index(), vector);
      double scale =
          lengths.advanceExact(document)
              ? NumericUtils.sortableIntToFloat((int) lengths.nextValue())
              : 1;
      return value(vector, unit && cosine ? 1 : scale);
    };
  }

  private static void read(KnnVectorValues values, int ord, float[] out) throws IOException {
    if (values instanceof FloatVectorValues floats) {
      System.arraycopy(floats.vectorValue(ord), 0, out, 0, out.length);
      return;
    }
    byte[] bytes = ((ByteVectorValues) values).vectorValue(ord);
    for (int i = 0; i < out.length; i++) {
      out[i] = bytes[i];
    }
  }

  private double value(float[] vector, double scale) {
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < vector.length; i++) {
      double element = vector[i] * scale;
      double apart = query[i] - element;
      switch (name) {
        case "l1norm" -> sum += Math.abs(apart);
        case "l2norm" -> sum += apart * apart;
        default -> {
          sum += query[i] * element;
          squares += element * element;
        }
      }
    }
    return switch (name) {
      case "l2norm" -> Math.sqrt(sum);
      case "cosineSimilarity" -> sum / (length * (unit ? 1 : Math.sqrt(squares)));
      default -> sum;
    };
  }

  private static IllegalArgumentException missing() {
    return new IllegalArgumentException("A document doesn't have a value for a vector field!");
  }

  @Override
  public String toString() {
    return name + " of " + field;
  }
}
