package esqual;

import java.io.IOException;
import org.apache.lucene.search.CollectorManager;
import org.apache.lucene.search.FieldDoc;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortField;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TopFieldCollector;
import org.apache.lucene.search.TopFieldCollectorManager;
import org.apache.lucene.search.TopScoreDocCollectorManager;
import org.apache.lucene.search.TotalHitCountCollectorManager;
import org.apache.lucene.search.TotalHits;

/** One search on one index, and what came of it. Equal scores come in document order. */
final class ShardSearch {
  private static final ScoreDoc[] NONE = new ScoreDoc[0];

  private final IndexSearcher searcher;
  private final Query query;
  private final int wanted;
  private final int totals;
  private float minScore = Float.NaN;
  private Sort sort;
  private FieldDoc after;
  private boolean trackScores;
  private Rescore[] rescores = new Rescore[0];

  private ScoreDoc[] hits = NONE;
  long total;
  boolean exact = true;
  float maxScore = Float.NaN;
  Exception failure;

  ShardSearch(IndexSearcher searcher, Query query, int wanted, int totals) {
    this.searcher = searcher;
    this.query = query;
    this.wanted = wanted;
    this.totals = totals;
  }

  void refine(
      float minScore, Sort sort, FieldDoc after, boolean trackScores, Rescore[] rescores) {
    this.minScore = minScore;
    this.sort = sort;
    this.after = after;
    this.trackScores = trackScores;
    this.rescores = rescores == null ? new Rescore[0] : rescores;
  }

  ScoreDoc[] hits() {
    return hits;
  }

  /** Search, and keep the answer or the failure. */
  void run() {
    try {
      search();
    } catch (IOException | RuntimeException error) {
      failure = error;
    }
  }

  private void search() throws IOException {
    int size = Math.min(wanted, searcher.getIndexReader().maxDoc());
    if (size == 0) {
      total = collect(new TotalHitCountCollectorManager(searcher.getSlices()));
      return;
    }
    if (sort == null) {
      TopDocs top = rescored(collect(new TopScoreDocCollectorManager(size, null, totals)));
      keep(top);
      maxScore = hits.length == 0 ? Float.NaN : hits[0].score;
      return;
    }
    Sort rewritten = sort.rewrite(searcher);
    TopDocs top = collect(new TopFieldCollectorManager(rewritten, size, after, totals));
    keep(top);
    if (trackScores) {
      TopFieldCollector.populateScores(hits, searcher, query);
      TopDocs best = collect(new TopScoreDocCollectorManager(1, null, 1));
      maxScore = best.scoreDocs.length == 0 ? Float.NaN : best.scoreDocs[0].score;
    } else {
      takeScoresFrom(rewritten);
    }
  }

  private void keep(TopDocs top) {
    hits = top.scoreDocs;
    total = top.totalHits.value();
    exact = top.totalHits.relation() == TotalHits.Relation.EQUAL_TO;
  }

  /** A sort that names _score has the scores already. */
  private void takeScoresFrom(Sort rewritten) {
    SortField[] fields = rewritten.getSort();
    for (int i = 0; i < fields.length; i++) {
      if (fields[i].getType() == SortField.Type.SCORE) {
        for (ScoreDoc hit : hits) {
          hit.score = (Float) ((FieldDoc) hit).fields[i];
        }
      }
    }
  }

  private TopDocs rescored(TopDocs top) throws IOException {
    for (Rescore rescore : rescores) {
      top = rescore.apply(searcher, top);
    }
    return top;
  }

  private <T> T collect(CollectorManager<?, T> manager) throws IOException {
    if (Float.isNaN(minScore)) {
      return searcher.search(query, manager);
    }
    return searcher.search(query, new MinScore<>(manager, minScore));
  }
}
