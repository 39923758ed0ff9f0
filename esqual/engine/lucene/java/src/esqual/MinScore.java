package esqual;

import java.io.IOException;
import java.util.Collection;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.Collector;
import org.apache.lucene.search.CollectorManager;
import org.apache.lucene.search.FilterLeafCollector;
import org.apache.lucene.search.LeafCollector;
import org.apache.lucene.search.Scorable;
import org.apache.lucene.search.ScoreMode;

/** Hands on only documents that score at least a bound: they are neither ranked nor counted. */
final class MinScore<C extends Collector, T> implements CollectorManager<MinScore.Passing<C>, T> {
  private final CollectorManager<C, T> in;
  private final float bound;

  MinScore(CollectorManager<C, T> in, float bound) {
    this.in = in;
    this.bound = bound;
  }

  @Override
  public Passing<C> newCollector() throws IOException {
    return new Passing<>(in.newCollector(), bound);
  }

  @Override
  public T reduce(Collection<Passing<C>> collectors) throws IOException {
    return in.reduce(collectors.stream().map(passing -> passing.in).toList());
  }

  /** One collector behind the bound. */
  static final class Passing<C extends Collector> implements Collector {
    final C in;
    private final float bound;

    Passing(C in, float bound) {
      this.in = in;
      this.bound = bound;
    }

    @Override
    public ScoreMode scoreMode() {
      return ScoreMode.COMPLETE; // every score is looked at, so nothing may be skipped
    }

    @Override
    public LeafCollector getLeafCollector(LeafReaderContext context) throws IOException {
      return new FilterLeafCollector(in.getLeafCollector(context)) {
        private Scorable scorer;

        @Override
        public void setScorer(Scorable scorer) throws IOException {
          this.scorer = scorer;
          super.setScorer(
              new Scorable() {
                @Override
                public float score() throws IOException {
                  return scorer.score();
                }
              });
        }

        @Override
        public void collect(int doc) throws IOException {
          if (scorer.score() >= bound) {
            super.collect(doc);
          }
        }
      };
    }
  }
}
