package esqual;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.document.DoublePoint;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.FloatPoint;
import org.apache.lucene.document.IntPoint;
import org.apache.lucene.document.KnnByteVectorField;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.LongPoint;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.SortedNumericDocValuesField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.index.DocValuesType;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexableField;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.NumericUtils;

/** Turns the rows of a {@link Batch} into Lucene documents. */
public final class DocumentBuilder {
  private static final FieldType ID = new FieldType();

  static {
    ID.setIndexOptions(IndexOptions.DOCS);
    ID.setTokenized(false);
    ID.setOmitNorms(true);
    ID.setDocValuesType(DocValuesType.BINARY);
    ID.freeze();
  }

  private record Spec(
      String name,
      String kind,
      boolean indexed,
      boolean docValues,
      FieldType type,
      VectorSimilarityFunction similarity) {}

  private final List<Spec> specs = new ArrayList<>();

  /** Declare the next field; its number is its place. Of vectors, the options are a similarity. */
  public void add(
      String name, String kind, boolean indexed, boolean docValues, boolean norms, String options) {
    VectorSimilarityFunction similarity = null;
    if (kind.equals("floats") || kind.equals("octets")) {
      similarity = VectorSimilarityFunction.valueOf(options);
    }
    FieldType type = new FieldType();
    type.setTokenized(kind.equals("text"));
    type.setOmitNorms(!norms);
    if (indexed && similarity == null) {
      type.setIndexOptions(options(options));
    }
    if (docValues && (kind.equals("string") || kind.equals("name"))) {
      type.setDocValuesType(DocValuesType.SORTED_SET);
    }
    type.freeze();
    specs.add(new Spec(name, kind, indexed, docValues, type, similarity));
  }

  public int size() {
    return specs.size();
  }

  private static IndexOptions options(String name) {
    return switch (name) {
      case "docs" -> IndexOptions.DOCS;
      case "freqs" -> IndexOptions.DOCS_AND_FREQS;
      case "positions" -> IndexOptions.DOCS_AND_FREQS_AND_POSITIONS;
      case "offsets" -> IndexOptions.DOCS_AND_FREQS_AND_POSITIONS_AND_OFFSETS;
      default -> throw new IllegalArgumentException("unknown index options " + name);
    };
  }

  List<IndexableField> build(Batch batch, int op, long version, long seqNo) {
    int start = op == 0 ? 0 : batch.rowEnds()[op - 1];
    int end = batch.rowEnds()[op];
    List<IndexableField> fields = new ArrayList<>(end - start + 4);
    fields.add(new Field("_id", batch.ref(batch.ids()[op]), ID));
    fields.add(new StoredField("_source", batch.ref(batch.sources()[op])));
    fields.add(new NumericDocValuesField("_version", version));
    fields.add(new NumericDocValuesField("_seq_no", seqNo));
    for (int row = start; row < end; row++) {
      add(fields, specs.get(batch.rowSpecs()[row]), batch, batch.rowValues()[row]);
    }
    return fields;
  }

  private static void add(List<IndexableField> fields, Spec spec, Batch batch, int value) {
    switch (spec.kind) {
      case "text" -> fields.add(new Field(spec.name, batch.text(value), spec.type));
      case "string", "name" -> {
        BytesRef bytes = batch.ref(value);
        if (spec.indexed || spec.docValues) {
          fields.add(new Field(spec.name, bytes, spec.type));
        }
      }
      case "long" -> {
        long number = batch.longs()[value];
        if (spec.indexed) {
          fields.add(new LongPoint(spec.name, number));
        }
        docValue(fields, spec, number);
      }
      case "int" -> {
        int number = Math.toIntExact(batch.longs()[value]);
        if (spec.indexed) {
          fields.add(new IntPoint(spec.name, number));
        }
        docValue(fields, spec, number);
      }
      case "double" -> {
        double number = batch.doubles()[value];
        if (spec.indexed) {
          fields.add(new DoublePoint(spec.name, number));
        }
        docValue(fields, spec, NumericUtils.doubleToSortableLong(number));
      }
      case "float" -> {
        float number = (float) batch.doubles()[value];
        if (spec.indexed) {
          fields.add(new FloatPoint(spec.name, number));
        }
        docValue(fields, spec, NumericUtils.floatToSortableInt(number));
      }
      case "floats" ->
          fields.add(new KnnFloatVectorField(spec.name, floats(batch.ref(value)), spec.similarity));
      case "octets" -> {
        BytesRef bytes = batch.ref(value);
        byte[] vector = Arrays.copyOfRange(bytes.bytes, bytes.offset, bytes.offset + bytes.length);
        fields.add(new KnnByteVectorField(spec.name, vector, spec.similarity));
      }
      default -> throw new IllegalArgumentException("unknown kind of field " + spec.kind);
    }
  }

  private static float[] floats(BytesRef bytes) {
    float[] vector = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes.bytes, bytes.offset, bytes.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(vector);
    return vector;
  }

  private static void docValue(List<IndexableField> fields, Spec spec, long number) {
    if (spec.docValues) {
      fields.add(new SortedNumericDocValuesField(spec.name, number));
    }
  }
}
