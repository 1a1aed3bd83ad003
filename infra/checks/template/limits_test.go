package template_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks/process/catalogue"
	"giberno.ru/infra/checks/template"
	ledgerjobs "giberno.ru/shared/ledger/jobs"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/queue/sqsengine"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/dynamoengine"
)

const (
	apiTimeout = 30           // seconds; an HTTP API waits no longer
	retention  = 14 * 86400   // seconds
	sixTimes   = 6            // of a function's time: SQS must not show a job again while it is still tried
	stream     = "DynamoDB"   // kinds of events
	messages   = "SQS"        //
	schedule   = "ScheduleV2" //
)

func TestTable(t *testing.T) {
	t.Parallel()
	r, ok := read(t).Resource("Table")
	require.True(t, ok)
	require.Equal(t, "Retain", r.Attributes.At("DeletionPolicy").Text())
	require.Equal(t, "Retain", r.Attributes.At("UpdateReplacePolicy").Text())
	p := r.Properties
	require.Equal(t, "NEW_AND_OLD_IMAGES", p.At("StreamSpecification", "StreamViewType").Text())
	require.True(t, p.At("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled").Truth())
	require.True(t, p.At("SSESpecification", "SSEEnabled").Truth())
	require.Equal(t, "ttl", p.At("TimeToLiveSpecification", "AttributeName").Text())
	require.Equal(t, []string{"pk", "sk"}, keysOf(p.At("KeySchema")))
	indexes := map[string][]string{}
	for _, index := range p.At("GlobalSecondaryIndexes").List() {
		indexes[index.At("IndexName").Text()] = keysOf(index.At("KeySchema"))
		require.Equal(t, "INCLUDE", index.At("Projection", "ProjectionType").Text())
		require.Equal(t, table.Projected, index.At("Projection", "NonKeyAttributes").Texts())
	}
	require.Equal(t, map[string][]string{
		dynamoengine.FirstIndex: {"g1pk", "g1sk"}, dynamoengine.SecondIndex: {"g2pk", "g2sk"},
	}, indexes)
}

func keysOf(schema template.Value) []string {
	var names []string
	for _, k := range schema.List() {
		names = append(names, k.At("AttributeName").Text())
	}
	return names
}

// Every queue of the platform is there with its dead letters, and hides a job for long enough.
func TestQueues(t *testing.T) {
	t.Parallel()
	tmpl := read(t)
	known := map[string]bool{"RelayDeadQueue": true}
	for _, name := range queue.Names {
		alive, ok := tmpl.Resource(template.NameOf(name) + "Queue")
		require.True(t, ok, name)
		dead, ok := tmpl.Resource(template.NameOf(name) + "DeadQueue")
		require.True(t, ok, name)
		known[alive.Name], known[dead.Name] = true, true
		require.Equal(t, "${AWS::StackName}-"+name, alive.Properties.At("QueueName", "Fn::Sub").Text())
		require.Equal(t, "${AWS::StackName}-"+name+sqsengine.DeadSuffix, dead.Properties.At("QueueName", "Fn::Sub").Text())
		require.Equal(t, dead.Name, alive.Properties.At("RedrivePolicy", "deadLetterTargetArn").Target())
		require.Equal(t, queue.MaxReceives, alive.Properties.At("RedrivePolicy", "maxReceiveCount").Number())
		require.GreaterOrEqual(t, alive.Properties.At("VisibilityTimeout").Number(), int(queue.Visibility.Seconds()))
	}
	var listed []string
	policy, ok := tmpl.Resource("QueuesOverTlsAlone")
	require.True(t, ok)
	for _, q := range policy.Properties.At("Queues").List() {
		listed = append(listed, q.Target())
	}
	for _, r := range tmpl.Of("AWS::SQS::Queue") {
		require.True(t, known[r.Name], "%s is a queue of nobody", r.Name)
		require.Equal(t, retention, r.Properties.At("MessageRetentionPeriod").Number(), r.Name)
		require.True(t, r.Properties.At("SqsManagedSseEnabled").Truth(), r.Name)
		require.Contains(t, listed, r.Name, "it takes what comes without TLS")
	}
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	tmpl := read(t)
	kinds := kindsByFolder()
	for _, f := range tmpl.Functions() {
		require.Positive(t, f.Timeout, f.Name)
		if kinds[f.Folder].HTTP() {
			require.Less(t, f.Timeout, apiTimeout, "%s: the API would answer before the function could", f.Name)
		}
		for _, e := range f.Events {
			if e.At("Type").Text() != messages {
				continue
			}
			q, ok := tmpl.Resource(e.At("Properties", "Queue").Target())
			require.True(t, ok, f.Name)
			window := e.At("Properties", "MaximumBatchingWindowInSeconds").Number()
			require.GreaterOrEqual(t, q.Properties.At("VisibilityTimeout").Number(), sixTimes*f.Timeout+window, "%s: another would get a job that is still tried", f.Name)
		}
	}
}

// Each kind of function has the events that its kind is about, and tells which part of a batch failed.
func TestEventSources(t *testing.T) {
	t.Parallel()
	want := map[catalogue.Kind]string{catalogue.Stream: stream, catalogue.Queue: messages, catalogue.Letters: messages, catalogue.Schedule: schedule}
	kinds := kindsByFolder()
	swept := map[int]int{}
	for _, f := range read(t).Functions() {
		require.Equal(t, want[kinds[f.Folder]] != "", len(f.Events) > 0, f.Name)
		for name, e := range f.Events {
			where := f.Name + "." + name
			require.Equal(t, want[kinds[f.Folder]], e.At("Type").Text(), where)
			p := e.At("Properties")
			switch e.At("Type").Text() {
			case stream:
				require.Equal(t, []string{"ReportBatchItemFailures"}, p.At("FunctionResponseTypes").Texts(), where)
				require.True(t, p.At("BisectBatchOnFunctionError").Truth(), "%s: one poisoned record would hold the others up", where)
				require.Positive(t, p.At("MaximumRetryAttempts").Number(), "%s: for ever holds the shard up for a day", where)
				require.Equal(t, "RelayDeadQueue", p.At("DestinationConfig", "OnFailure", "Destination").Target(), where)
			case messages:
				require.Equal(t, []string{"ReportBatchItemFailures"}, p.At("FunctionResponseTypes").Texts(), where)
				require.False(t, p.At("ScalingConfig", "MaximumConcurrency").IsZero(), "%s: a long queue would take every function there is", where)
				most := queue.MaxBatch
				if f.Folder == "workers/settlements" { // entries are posted together, so it waits for many
					most = ledgerjobs.BatchSize
					require.Equal(t, most, p.At("BatchSize").Number(), where)
					require.Equal(t, 5, p.At("MaximumBatchingWindowInSeconds").Number(), where)
				}
				require.LessOrEqual(t, p.At("BatchSize").Number(), most, where)
			case schedule:
				for _, n := range shardsOf(t, p.At("Input").Text()) {
					swept[n]++
				}
				require.Equal(t, "Scheduler", p.At("RoleArn").Target(), where)
			}
		}
	}
	require.Len(t, swept, store.Shards, "a shard that nobody sweeps loses what the stream lost")
	for n, times := range swept {
		require.Equal(t, 1, times, "shard %d", n)
	}
}

func kindsByFolder() map[string]catalogue.Kind {
	kinds := map[string]catalogue.Kind{}
	for _, f := range catalogue.Functions() {
		kinds[f.Folder] = f.Kind
	}
	return kinds
}

// Every queue is watched: its dead letters for any, itself for jobs that nobody does.
func TestQueuesAreWatched(t *testing.T) {
	t.Parallel()
	tmpl := read(t)
	watched := map[string][]string{}
	for _, name := range []string{"DeadLettersAlarm", "OldJobsAlarm"} {
		alarm, ok := tmpl.Resource(name)
		require.True(t, ok, name)
		for _, m := range alarm.Properties.At("Metrics").List() {
			for _, d := range m.At("MetricStat", "Metric", "Dimensions").List() {
				watched[name] = append(watched[name], d.At("Value").Target())
			}
		}
	}
	want := map[string][]string{}
	for _, r := range tmpl.Of("AWS::SQS::Queue") {
		name := "OldJobsAlarm"
		if r.Properties.At("RedrivePolicy").IsZero() {
			name = "DeadLettersAlarm"
		}
		want[name] = append(want[name], r.Name)
	}
	require.Len(t, want, 2)
	for name := range want {
		require.ElementsMatch(t, want[name], watched[name], name)
	}
}
