package esqual;

/**
 * What became of each operation of a batch. Where the code says that nothing was written, version
 * and sequence number are those of the document as it is, -1 when there is none.
 */
public final class Outcome {
  public static final int CREATED = 0;
  public static final int UPDATED = 1;
  public static final int DELETED = 2;
  public static final int NOT_FOUND = 3;
  public static final int CONFLICT = 4;
  public static final int FAILED = 5;

  public final int[] codes;
  public final long[] versions;
  public final long[] seqNos;
  public final String[] messages;

  Outcome(int size) {
    codes = new int[size];
    versions = new long[size];
    seqNos = new long[size];
    messages = new String[size];
  }

  void set(int i, int code, long version, long seqNo) {
    codes[i] = code;
    versions[i] = version;
    seqNos[i] = seqNo;
  }
}
