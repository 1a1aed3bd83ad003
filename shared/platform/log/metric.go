package log

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

// Unit is a unit of CloudWatch.
type Unit string

// The units that the platform measures in.
const (
	Count        Unit = "Count"
	Microseconds Unit = "Microseconds"
	Milliseconds Unit = "Milliseconds"
	Bytes        Unit = "Bytes"
)

// Namespace holds every metric of the platform.
const Namespace = "Giberno"

// emf is the part of a log line that CloudWatch reads as metrics (Embedded Metric Format).
type emf struct {
	Timestamp         int64 // milliseconds
	CloudWatchMetrics []emfDirective
}

type emfDirective struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []emfMetric
}

type emfMetric struct {
	Name string
	Unit Unit
}

// Metric writes one value as a log line that CloudWatch turns into a metric, with dims as its dimensions (at most 30; each
// combination of values costs money, so never an id). Without CloudWatch it is a readable line.
func Metric(ctx context.Context, l *slog.Logger, at time.Time, name string, value int64, unit Unit, dims map[string]string) {
	names := make([]string, 0, len(dims))
	for d := range dims {
		names = append(names, d)
	}
	slices.Sort(names)
	attrs := make([]slog.Attr, 0, len(dims)+2)
	attrs = append(attrs, slog.Any("_aws", emf{at.UnixMilli(), []emfDirective{{Namespace, [][]string{names}, []emfMetric{{name, unit}}}}}), slog.Int64(name, value))
	for _, d := range names {
		attrs = append(attrs, slog.String(d, dims[d]))
	}
	l.LogAttrs(ctx, slog.LevelInfo, "metric", attrs...)
}
