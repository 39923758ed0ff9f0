package esqual;

import java.io.IOException;
import java.util.function.DoubleUnaryOperator;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.SortedNumericDocValues;
import org.apache.lucene.index.SortedSetDocValues;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.NumericUtils;
import org.apache.lucene.util.StringHelper;

/** The functions of function_score. Numbers are read from sorted numeric doc values. */
public final class ScoreFunctions {
  /** How a doc value holds a number. */
  public static final int LONG = 0;

  public static final int FLOAT = 1;
  public static final int DOUBLE = 2;

  private ScoreFunctions() {}

  private static ScoreFunction named(String name, ScoreFunction function) {
    return new ScoreFunction() {
      @Override
      public Leaf leaf(LeafReaderContext context) throws IOException {
        return function.leaf(context);
      }

      @Override
      public String toString() {
        return name;
      }
    };
  }

  public static ScoreFunction constant(double value) {
    return named(
        "constant score " + value + " - no function provided", context -> document -> value);
  }

  private static double decode(long raw, int kind) {
    return switch (kind) {
      case FLOAT -> NumericUtils.sortableIntToFloat((int) raw);
      case DOUBLE -> NumericUtils.sortableLongToDouble(raw);
      default -> raw;
    };
  }

  /** {@code modifier(factor * value)} of the smallest value; {@code missing} may be null. */
  public static ScoreFunction fieldValue(
      String field, int kind, String modifier, float factor, Double missing) {
    DoubleUnaryOperator modify = modifier(modifier);
    String shown =
        "field value function: "
            + modifier
            + "(doc['" + field + "'].value"
            + (missing == null ? "" : "?:" + missing)
            + " * factor=" + factor + ")";
    return named(
        shown,
        context -> {
          SortedNumericDocValues values = DocValues.getSortedNumeric(context.reader(), field);
          return document -> {
            double value;
            if (values.advanceExact(document)) {
              value = decode(values.nextValue(), kind);
            } else if (missing != null) {
              value = missing;
            } else {
              throw new IllegalArgumentException("Missing value for field [" + field + "]");
            }
            double result = modify.applyAsDouble(value * factor);
            if (result < 0) {
              throw negative(result, value, modifier);
            }
            return result;
          };
        });
  }

  private static IllegalArgumentException negative(double result, double value, String modifier) {
    String hint =
        switch (modifier) {
          case "log", "ln" ->
              "; consider using " + modifier + "1p or " + modifier + "2p instead of " + modifier
                  + " to avoid negative scores";
          case "log1p", "ln1p" ->
              "; consider using " + modifier.replace('1', '2') + " instead of " + modifier
                  + " to avoid negative scores";
          default -> "";
        };
    return new IllegalArgumentException(
        "field value function must not produce negative scores, but got: ["
            + result + "] for field value: [" + value + "]" + hint);
  }

  private static DoubleUnaryOperator modifier(String name) {
    return switch (name) {
      case "log" -> Math::log10;
      case "log1p" -> n -> Math.log10(n + 1);
      case "log2p" -> n -> Math.log10(n + 2);
      case "ln" -> Math::log;
      case "ln1p" -> Math::log1p;
      case "ln2p" -> n -> Math.log1p(n + 1);
      case "square" -> n -> n * n;
      case "sqrt" -> Math::sqrt;
      case "reciprocal" -> n -> 1 / n;
      default -> n -> n;
    };
  }

  /**
   * A pseudo-random number in [0, 1) from the value of {@code field} (its first one, as text) and
   * the seed; {@code field} null hashes the document number.
   */
  public static ScoreFunction random(int seed, int salt, String field, int kind) {
    int salted = mix(seed ^ salt);
    return named(
        "random score function (seed: " + seed + ", field: " + field + ")",
        context -> {
          if (field == null) {
            return document -> unit(mix((context.docBase + document) ^ salted));
          }
          if (context.reader().getSortedSetDocValues(field) != null) {
            SortedSetDocValues values = DocValues.getSortedSet(context.reader(), field);
            return document ->
                values.advanceExact(document)
                    ? unit(hash(values.lookupOrd(values.nextOrd()), salted))
                    : unit(salted);
          }
          SortedNumericDocValues values = DocValues.getSortedNumeric(context.reader(), field);
          return document ->
              values.advanceExact(document)
                  ? unit(hash(new BytesRef(text(values.nextValue(), kind)), salted))
                  : unit(salted);
        });
  }

  private static String text(long raw, int kind) {
    return kind == LONG ? Long.toString(raw) : Double.toString(decode(raw, kind));
  }

  private static int hash(BytesRef value, int seed) {
    return StringHelper.murmurhash3_x86_32(value, seed);
  }

  private static int mix(int k) {
    k = (k ^ (k >>> 16)) * 0x85ebca6b;
    k = (k ^ (k >>> 13)) * 0xc2b2ae35;
    return k ^ (k >>> 16);
  }

  private static double unit(int hash) {
    return (hash & 0x00FFFFFF) / (float) (1 << 24);
  }

  /**
   * Decay with the distance from {@code origin}: {@code shape} is gauss, exp or linear, {@code
   * mode} joins the distances of several values; a document without a value has distance 0.
   */
  public static ScoreFunction decay(
      String field,
      int kind,
      String shape,
      double origin,
      double scale,
      double offset,
      double decay,
      String mode) {
    DoubleUnaryOperator curve = curve(shape, scale, decay);
    return named(
        "Function for field " + field + ": " + shape,
        context -> {
          SortedNumericDocValues values = DocValues.getSortedNumeric(context.reader(), field);
          return document -> {
            if (!values.advanceExact(document)) {
              return curve.applyAsDouble(0);
            }
            double[] distances = new double[values.docValueCount()];
            for (int i = 0; i < distances.length; i++) {
              double value = decode(values.nextValue(), kind);
              distances[i] = Math.max(0, Math.abs(value - origin) - offset);
            }
            return curve.applyAsDouble(join(distances, mode));
          };
        });
  }

  private static double join(double[] values, String mode) {
    java.util.Arrays.sort(values);
    int n = values.length;
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return switch (mode) {
      case "max" -> values[n - 1];
      case "sum" -> sum;
      case "avg" -> sum / n;
      case "median" -> n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
      default -> values[0];
    };
  }

  private static DoubleUnaryOperator curve(String shape, double scale, double decay) {
    switch (shape) {
      case "gauss":
        double spread = 0.5 * Math.pow(scale, 2.0) / Math.log(decay);
        return distance -> Math.exp(0.5 * Math.pow(distance, 2.0) / spread);
      case "exp":
        double rate = Math.log(decay) / scale;
        return distance -> Math.exp(rate * distance);
      default:
        double reach = scale / (1.0 - decay);
        return distance -> Math.max(0.0, (reach - distance) / reach);
    }
  }
}
