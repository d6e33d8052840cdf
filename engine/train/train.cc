#include "engine/train/train.h"

#include "base/names.h"
#include "engine/train/trainer.h"

namespace pgolf {

void run_train(const PhaseOptions& options) {
  EventLog events = open_events(options, kTrainPhase);
  PhaseTimer setup(events, "setup");
  Trainer trainer(options, events);
  setup.finish();
  PhaseTimer warm_up(events, "warmup");
  trainer.warm_up();
  warm_up.finish();
  PhaseTimer train(events, kPartTrainLoop);  // the part whose time is limited
  trainer.train();
  train.finish();
  PhaseTimer save(events, "export");
  if (options.comm->is_first() && options.hashed.until == 0) trainer.export_to(options.run_dir / kCheckpointFile);
  save.finish();
  events.sync();
}

}  // namespace pgolf
