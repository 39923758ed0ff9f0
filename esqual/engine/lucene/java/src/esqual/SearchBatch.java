package esqual;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.lucene.search.FieldDoc;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TopFieldDocs;
import org.apache.lucene.search.TotalHits;

/**
 * Many searches in one call from Python, answered in packed arrays.
 *
 * <p>Each search runs on one thread and touches nothing of another, so the answers do not depend on
 * how many threads there are. A search that fails keeps its exception; the others go on.
 */
public final class SearchBatch {
  private static final int THREADS = Math.max(1, Runtime.getRuntime().availableProcessors());
  private static final ExecutorService POOL =
      Executors.newFixedThreadPool(
          THREADS,
          work -> {
            Thread thread = new Thread(work, "esqual-search");
            thread.setDaemon(true); // never keeps the process alive
            return thread;
          });

  private static final TotalHits ZERO = new TotalHits(0, TotalHits.Relation.EQUAL_TO);

  private final List<ShardSearch> searches = new ArrayList<>();

  /** Add a search that ranks by score; {@code totals} is how far hits are counted. */
  public int add(IndexSearcher searcher, Query query, int hits, int totals) {
    searches.add(new ShardSearch(searcher, query, hits, totals));
    return searches.size() - 1;
  }

  /** Add a search with what few searches have; null or NaN where one is not wanted. */
  public int addRefined(
      IndexSearcher searcher,
      Query query,
      int hits,
      int totals,
      float minScore,
      Sort sort,
      FieldDoc after,
      boolean trackScores,
      Rescore[] rescores) {
    ShardSearch search = new ShardSearch(searcher, query, hits, totals);
    search.refine(minScore, sort, after, trackScores, rescores);
    searches.add(search);
    return searches.size() - 1;
  }

  /** Run all of them. */
  public void run() throws Exception {
    each(searches.size(), i -> searches.get(i).run());
  }

  /** One of many tasks that do not depend on each other. */
  interface Task {
    void run(int number) throws Exception;
  }

  /** Run the tasks 0 to {@code count} - 1 on all processors. */
  static void each(int count, Task task) throws Exception {
    if (count < 4) {
      for (int i = 0; i < count; i++) {
        task.run(i);
      }
      return;
    }
    AtomicInteger next = new AtomicInteger();
    List<Future<?>> workers = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      workers.add(
          POOL.submit(
              () -> {
                for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                  task.run(i);
                }
                return null;
              }));
    }
    for (Future<?> worker : workers) {
      worker.get();
    }
  }

  /** Hits per search. */
  public int[] counts() {
    return searches.stream().mapToInt(s -> s.hits().length).toArray();
  }

  /** Lucene's document numbers, all searches after one another. */
  public int[] docs() {
    int[] docs = new int[total()];
    int at = 0;
    for (ShardSearch search : searches) {
      for (ScoreDoc hit : search.hits()) {
        docs[at++] = hit.doc;
      }
    }
    return docs;
  }

  /** Scores beside {@link #docs}: the shortest decimal that reads back as the same float. */
  public double[] scores() {
    double[] scores = new double[total()];
    int at = 0;
    for (ShardSearch search : searches) {
      for (ScoreDoc hit : search.hits()) {
        scores[at++] = decimal(hit.score);
      }
    }
    return scores;
  }

  /** How many documents matched, per search; see {@link #exact}. */
  public long[] totals() {
    return searches.stream().mapToLong(s -> s.total).toArray();
  }

  /** 1 where the total is exact, 0 where it is a lower bound. */
  public int[] exact() {
    return searches.stream().mapToInt(s -> s.exact ? 1 : 0).toArray();
  }

  /** The best score per search, NaN where scores were not asked for or nothing matched. */
  public double[] maxScores() {
    return searches.stream().mapToDouble(s -> decimal(s.maxScore)).toArray();
  }

  /** The sort values of one search's hits, one row per hit. */
  public Object[][] sortValues(int search) {
    ScoreDoc[] hits = searches.get(search).hits();
    Object[][] rows = new Object[hits.length][];
    for (int i = 0; i < hits.length; i++) {
      rows[i] = ((FieldDoc) hits[i]).fields;
    }
    return rows;
  }

  /**
   * The best hits of several searches: {@code shardIndex} is a place in {@code numbers}. Equal ones
   * come in the order of the searches, then of their hits.
   */
  public ScoreDoc[] merge(int[] numbers, Sort sort, int from, int size) {
    if (sort == null) {
      TopDocs[] shards = new TopDocs[numbers.length];
      for (int i = 0; i < numbers.length; i++) {
        shards[i] = new TopDocs(ZERO, numbered(numbers[i], i));
      }
      return TopDocs.merge(from, size, shards).scoreDocs;
    }
    TopFieldDocs[] shards = new TopFieldDocs[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      shards[i] = new TopFieldDocs(ZERO, numbered(numbers[i], i), sort.getSort());
    }
    return TopDocs.merge(sort, from, size, shards).scoreDocs;
  }

  private ScoreDoc[] numbered(int search, int shard) {
    ScoreDoc[] hits = searches.get(search).hits();
    for (ScoreDoc hit : hits) {
      hit.shardIndex = shard;
    }
    return hits;
  }

  /** True when a search failed. */
  public boolean failed() {
    return searches.stream().anyMatch(s -> s.failure != null);
  }

  /** What one search failed with, or null. */
  public Exception failure(int search) {
    return searches.get(search).failure;
  }

  private int total() {
    return searches.stream().mapToInt(s -> s.hits().length).sum();
  }

  private static double decimal(float score) {
    return Double.parseDouble(Float.toString(score));
  }
}
