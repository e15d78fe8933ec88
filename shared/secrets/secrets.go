// Package secrets fetches settings whose value is the ARN of a secret in AWS Secrets
// Manager or Systems Manager's Parameter Store.
//
// It calls those services itself, with the function's own credentials. AWS's
// Parameters-and-Secrets extension serves no requests before the first invocation, but
// functions read their settings during init, where Lambda grants a whole processor. AWS's
// SDK would double the binary.
//
// It defends against a service that hangs, responds without end, redirects or is briefly
// down, and against secrets in the log: faults hold the setting's name, the service's
// error code and the remedy, and nothing that was sent or received.
package secrets

import (
	"context"
	"sync"
	"time"

	"kinde-functions/shared/config"
	"kinde-functions/shared/outbound"
)

const (
	// fetchTimeout bounds Fetch. Lambda limits init to ten seconds.
	fetchTimeout = 5 * time.Second
	// attemptTimeout leaves time for a second attempt.
	attemptTimeout = 2 * time.Second
)

// Fetch returns a lookup with the secrets' values in place of the references among the
// settings, and a fault for each secret that could not be fetched. It calls in parallel,
// once for each secret. Without references it returns lookup itself.
func Fetch(ctx context.Context, lookup config.Lookup, settings []config.Setting) (config.Lookup, config.Faults) {
	refers := map[string]config.Reference{}
	for _, setting := range settings {
		if !setting.Secret() {
			continue
		}
		value, _ := lookup(setting.Name())
		if reference, ok, err := config.ParseReference(value); ok && err == nil { // config.Load reports malformed ones
			refers[setting.Name()] = reference
		}
	}
	if len(refers) == 0 {
		return lookup, nil
	}
	found := fetchAll(ctx, lookup, refers)
	values := map[string]string{}
	var faults config.Faults
	for _, setting := range settings {
		name := setting.Name()
		reference, ok := refers[name]
		if _, done := values[name]; !ok || done {
			continue
		}
		value, err := found[reference.ARN].field(reference.Field)
		if err != nil {
			faults = append(faults, config.Fault{Name: name, Why: "could not be fetched: " + err.Error()})
			delete(refers, name)
			continue
		}
		values[name] = value
	}
	return func(name string) (string, bool) {
		if value, ok := values[name]; ok {
			return value, true
		}
		return lookup(name)
	}, faults
}

func fetchAll(ctx context.Context, lookup config.Lookup, refers map[string]config.Reference) map[string]secret {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	c := client{http: outbound.New(attemptTimeout).HTTP(), lookup: lookup}
	defer c.http.CloseIdleConnections()
	distinct := map[string]config.Reference{}
	for _, reference := range refers {
		distinct[reference.ARN] = reference
	}
	var mu sync.Mutex
	var wait sync.WaitGroup
	found := map[string]secret{}
	for arn, reference := range distinct {
		wait.Go(func() {
			s := c.get(ctx, reference)
			mu.Lock()
			defer mu.Unlock()
			found[arn] = s
		})
	}
	wait.Wait()
	return found
}
