package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"time"

	"kinde-functions/shared/local/lambdarun"
)

// format is the platform of the events: Netlify has the tightest limits.
const format = lambdarun.Netlify

// warmUp is the number of requests to a process before the measured ones.
const warmUp = 20

// program is a built subject.
type program struct {
	subject
	binary  string
	event   []byte // made once, so that making it does not disturb measurements
	figures figures
}

// figures are the measurements of a program.
type figures struct {
	cold    []time.Duration // process start to first response
	coldCPU []time.Duration // of the process until then
	total   []time.Duration // warm: until the response
	added   []time.Duration // warm: until the response, without the upstream's time
	warmCPU []time.Duration // per warm request, one for each process
	peak    []int64         // bytes resident, one for each process
	zipped  int64           // bytes
}

// prepare builds the subject as path and measures its zip.
func (b *bench) prepare(ctx context.Context, s subject, path string) (*program, error) {
	if s.replaced != "" {
		restore, err := replace(s.replaced, s.text, path)
		if err != nil {
			return nil, err
		}
		defer restore()
	}
	if err := lambdarun.Build(ctx, s.pkg, path); err != nil {
		return nil, err
	}
	size, err := zippedSize(path)
	if err != nil {
		return nil, err
	}
	event, err := lambdarun.Event(s.request(b.upstream), format)
	if err != nil {
		return nil, err
	}
	return &program{subject: s, binary: path, event: event, figures: figures{zipped: size}}, nil
}

// bench measures programs in turn.
type bench struct {
	upstream *upstream
	counts   counts
	memory   int // MB
	output   tail
}

// compare builds and measures both programs, with files in dir.
func (b *bench) compare(ctx context.Context, c comparison, dir string) ([]row, error) {
	var programs [2]*program
	for i, s := range []subject{c.plain, c.ours} {
		p, err := b.prepare(ctx, s, filepath.Join(dir, fmt.Sprint(c.name, i)))
		if err != nil {
			return nil, err
		}
		programs[i] = p
	}
	if err := b.measure(ctx, programs); ctx.Err() != nil {
		return nil, ctx.Err()
	} else if err != nil {
		return nil, fmt.Errorf("%w\nThe end of the programs' output:\n%s", err, &b.output)
	}
	return tabulate(programs[0].figures, programs[1].figures, c.limits), nil
}

func (b *bench) measure(ctx context.Context, programs [2]*program) error {
	for round := range b.counts.cold + 1 {
		for _, p := range alternate(programs, round) {
			took, cpu, err := b.coldStart(ctx, p)
			if err != nil {
				return fmt.Errorf("%s: cold start: %w", p.pkg, err)
			}
			if round == 0 {
				continue // the first start reads the binary from the disk
			}
			p.figures.cold = append(p.figures.cold, took)
			p.figures.coldCPU = append(p.figures.coldCPU, cpu)
		}
	}
	for range b.counts.processes {
		if err := b.warm(ctx, programs); err != nil {
			return err
		}
	}
	return nil
}

// alternate puts each program first in every second round.
func alternate(programs [2]*program, round int) [2]*program {
	if round%2 == 1 {
		programs[0], programs[1] = programs[1], programs[0]
	}
	return programs
}

func (b *bench) start(ctx context.Context, p *program) (*lambdarun.Function, error) {
	return lambdarun.Start(ctx, lambdarun.Options{
		Binary: p.binary, Env: b.upstream.settings(), MemoryMB: b.memory, Output: &b.output,
	})
}

// coldStart measures a new process until its first response.
func (b *bench) coldStart(ctx context.Context, p *program) (took, cpu time.Duration, err error) {
	begin := time.Now()
	f, err := b.start(ctx, p)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	response, err := f.Invoke(ctx, p.event)
	took, cpu = time.Since(begin), f.CPUTime()
	if err == nil {
		err = b.check(p, response)
	}
	return took, cpu, err
}

// warm measures one process of each program. Their requests alternate.
func (b *bench) warm(ctx context.Context, programs [2]*program) error {
	running := map[*program]*lambdarun.Function{}
	for _, p := range programs {
		f, err := b.start(ctx, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.pkg, err)
		}
		defer f.Close()
		running[p] = f
	}
	before := map[*program]time.Duration{}
	for round := range warmUp + b.counts.warm {
		if round == warmUp {
			for p, f := range running {
				before[p] = f.CPUTime()
			}
		}
		for _, p := range alternate(programs, round) {
			total, added, err := b.request(ctx, p, running[p])
			if err != nil {
				return fmt.Errorf("%s: warm request: %w", p.pkg, err)
			}
			if round >= warmUp {
				p.figures.total = append(p.figures.total, total)
				p.figures.added = append(p.figures.added, added)
			}
		}
	}
	for p, f := range running {
		cpu := f.CPUTime() - before[p]
		p.figures.warmCPU = append(p.figures.warmCPU, cpu/time.Duration(b.counts.warm))
		p.figures.peak = append(p.figures.peak, f.PeakMemory())
	}
	return nil
}

// request measures a request, and the time that the program adds to the upstream's.
func (b *bench) request(ctx context.Context, p *program, f *lambdarun.Function) (
	total, added time.Duration, err error) {
	b.upstream.busy.take()
	response, err := f.Invoke(ctx, p.event)
	total = f.Duration()
	added = total - b.upstream.busy.take()
	if err == nil {
		err = b.check(p, response)
	}
	return total, added, err
}

func (b *bench) check(p *program, response []byte) error {
	w := httptest.NewRecorder()
	if err := lambdarun.WriteResponse(w, response, format); err != nil {
		return err
	}
	return p.check(b.upstream, w.Result())
}
