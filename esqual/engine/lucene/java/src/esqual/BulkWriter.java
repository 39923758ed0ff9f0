package esqual;

import java.io.IOException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexableField;
import org.apache.lucene.index.Term;
import org.apache.lucene.store.AlreadyClosedException;
import org.apache.lucene.util.BytesRef;

/**
 * Writes batches and knows the version of every document: those since the last refresh from a map,
 * the others from a reader. For one thread at a time.
 */
public final class BulkWriter {
  /** Refresh for ourselves when so many ids were written since the last time. */
  private static final int MAX_PENDING = 20_000;

  /** How long the version of a deleted document is remembered. */
  private static final long TOMBSTONE_MS = 60_000;

  private record State(boolean live, long version, long seqNo, long time) {}

  private final IndexWriter writer;
  private final DocumentBuilder builder;
  private final Map<BytesRef, State> pending = new HashMap<>();
  private final LinkedHashMap<BytesRef, State> tombstones = new LinkedHashMap<>();
  private DirectoryReader reader;
  private IdLookup lookup;
  private long nextSeqNo;

  public BulkWriter(IndexWriter writer, DocumentBuilder builder, long nextSeqNo)
      throws IOException {
    this.writer = writer;
    this.builder = builder;
    this.nextSeqNo = nextSeqNo;
    this.reader = DirectoryReader.open(writer);
    this.lookup = new IdLookup(reader);
  }

  public long nextSeqNo() {
    return nextSeqNo;
  }

  /** A reader that sees everything written so far; the caller closes it. */
  public DirectoryReader refresh() throws IOException {
    DirectoryReader fresh = DirectoryReader.openIfChanged(reader, writer, true);
    if (fresh != null) {
      reader.close();
      reader = fresh;
      lookup = new IdLookup(reader);
    }
    pending.clear();
    reader.incRef();
    return reader;
  }

  /** A reader that sees the newest version of these ids; the caller closes it. */
  public DirectoryReader readerFor(String[] ids) throws IOException {
    for (String id : ids) {
      if (pending.containsKey(new BytesRef(id))) {
        return refresh();
      }
    }
    reader.incRef();
    return reader;
  }

  public void close() throws IOException {
    reader.close();
  }

  public Outcome write(Batch batch) throws IOException {
    long now = System.currentTimeMillis();
    forget(now);
    int size = batch.ids().length;
    Outcome outcome = new Outcome(size);
    for (int i = 0; i < size; i++) {
      BytesRef id = batch.ref(batch.ids()[i]);
      State old = find(id);
      if (conflicts(batch, i, old)) {
        boolean there = old != null && old.live;
        outcome.set(i, Outcome.CONFLICT, there ? old.version : -1, there ? old.seqNo : -1);
        continue;
      }
      long version = old == null ? 1 : old.version + 1;
      if (batch.conditions()[i] >= Batch.EXTERNAL) {
        version = batch.expected()[i];
      }
      if (batch.sources()[i] < 0) {
        delete(outcome, i, id, old, version, now);
      } else {
        index(outcome, batch, i, id, old, version);
      }
    }
    if (pending.size() > MAX_PENDING) {
      refresh().decRef();
    }
    return outcome;
  }

  private void index(
      Outcome outcome, Batch batch, int i, BytesRef id, State old, long version)
      throws IOException {
    boolean exists = old != null && old.live;
    long seqNo = nextSeqNo;
    List<IndexableField> document = builder.build(batch, i, version, seqNo);
    try {
      if (exists) {
        writer.updateDocument(new Term("_id", id), document);
      } else {
        writer.addDocument(document);
      }
    } catch (AlreadyClosedException broken) {
      throw broken;
    } catch (RuntimeException refused) {
      outcome.set(i, Outcome.FAILED, -1, -1);
      outcome.messages[i] = String.valueOf(refused.getMessage());
      return;
    }
    nextSeqNo++;
    BytesRef key = BytesRef.deepCopyOf(id);
    pending.put(key, new State(true, version, seqNo, 0));
    tombstones.remove(key);
    outcome.set(i, exists ? Outcome.UPDATED : Outcome.CREATED, version, seqNo);
  }

  private void delete(
      Outcome outcome, int i, BytesRef id, State old, long version, long now) throws IOException {
    boolean exists = old != null && old.live;
    long seqNo = nextSeqNo++;
    BytesRef key = BytesRef.deepCopyOf(id);
    if (exists) {
      writer.deleteDocuments(new Term("_id", key));
    }
    State grave = new State(false, version, seqNo, now);
    pending.put(key, grave);
    tombstones.remove(key);
    tombstones.put(key, grave);
    outcome.set(i, exists ? Outcome.DELETED : Outcome.NOT_FOUND, version, seqNo);
  }

  private boolean conflicts(Batch batch, int i, State old) {
    boolean there = old != null && old.live;
    long expected = batch.expected()[i];
    return switch (batch.conditions()[i]) {
      case Batch.ALWAYS -> false;
      case Batch.MUST_NOT_EXIST -> there;
      case Batch.SEQ_NO -> !there || old.seqNo != expected;
      case Batch.EXTERNAL -> old != null && expected <= old.version;
      case Batch.EXTERNAL_GTE -> old != null && expected < old.version;
      default -> throw new IllegalArgumentException("unknown condition");
    };
  }

  private State find(BytesRef id) throws IOException {
    State state = pending.get(id);
    if (state == null) {
      state = tombstones.get(id);
    }
    if (state == null && lookup.find(id)) {
      state = new State(true, lookup.version, lookup.seqNo, 0);
    }
    return state;
  }

  private void forget(long now) {
    Iterator<State> oldest = tombstones.values().iterator();
    while (oldest.hasNext() && oldest.next().time < now - TOMBSTONE_MS) {
      oldest.remove();
    }
  }
}
