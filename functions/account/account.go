package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
)

// part is one part of an account: the name it is asked for and answered under,
// and how it is fetched with the person's token.
type part struct {
	name  string
	fetch func(ctx context.Context, token string) (json.RawMessage, error)
}

type account struct{ parts []part }

func partsOf(client *kinde.Client) []part {
	parts := []part{{"profile", client.UserProfile}}
	for _, list := range []kinde.List{
		kinde.Entitlements, kinde.FeatureFlags, kinde.Permissions, kinde.Properties, kinde.Roles,
	} {
		parts = append(parts, part{string(list), func(ctx context.Context, token string) (json.RawMessage, error) {
			return client.All(ctx, token, list, "")
		}})
	}
	return parts
}

// GET /api/account?include=profile,entitlements,feature_flags,permissions,properties,roles
//
// 200 with the parts asked for, all when none are named, fetched at the same
// time. A part that failed is absent and stands in errors.{part} as a problem;
// when all have failed with one code, the answer is that problem.
func (a account) show(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	wanted, err := a.wanted(r.Query)
	if err != nil {
		return nil, err
	}
	bodies, failures := fetch(ctx, r.Caller.Token, wanted)
	if whole := sameFailure(failures); whole != nil {
		return nil, whole
	}
	answer := map[string]any{}
	problems := map[string]json.RawMessage{}
	for i, p := range wanted {
		if failures[i] != nil {
			problems[p.name] = failures[i].Document(r.ID)
		} else {
			answer[p.name] = bodies[i]
		}
	}
	if len(problems) > 0 {
		answer["errors"] = problems
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	response := endpoint.JSON(http.StatusOK, body)
	response.Partial = partial(wanted, failures)
	response.TokenRefused = slices.ContainsFunc(failures, func(p *problem.Error) bool {
		return p != nil && p.Code == problem.InvalidToken
	})
	return response, nil
}

// wanted are the parts named by include, each once, in the order of a.parts.
func (a account) wanted(query map[string]string) ([]part, error) {
	include, given := query["include"]
	if !given {
		return a.parts, nil
	}
	names := map[string]bool{}
	for name := range strings.SplitSeq(include, ",") {
		names[name] = true
	}
	var wanted []part
	for _, p := range a.parts {
		if names[p.name] {
			wanted = append(wanted, p)
			delete(names, p.name)
		}
	}
	if len(names) > 0 {
		return nil, problem.BadParameter("include",
			"must be a comma list of profile, entitlements, feature_flags, permissions, properties and roles")
	}
	return wanted, nil
}

// fetch gets all parts at the same time. Of each part's body and failure one is
// nil. A panic is that part's failure: it must not end the process.
func fetch(ctx context.Context, token string, wanted []part) ([]json.RawMessage, []*problem.Error) {
	bodies := make([]json.RawMessage, len(wanted))
	failures := make([]*problem.Error, len(wanted))
	var wg sync.WaitGroup
	for i, p := range wanted {
		wg.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					failures[i] = problem.New(problem.Internal, fmt.Errorf("panic: %T", v))
				}
			}()
			body, err := p.fetch(ctx, token)
			if err != nil {
				failures[i] = problem.From(err)
				return
			}
			bodies[i] = body
		})
	}
	wg.Wait()
	return bodies, failures
}

// sameFailure is the one problem that all parts have failed with, or nil. Its
// wait is the longest of theirs.
func sameFailure(failures []*problem.Error) *problem.Error {
	for _, f := range failures {
		if f == nil || f.Code != failures[0].Code {
			return nil
		}
		failures[0].RetryAfter = max(failures[0].RetryAfter, f.RetryAfter)
	}
	return failures[0]
}

// partial is what the log is told of the parts that failed, or nil.
func partial(wanted []part, failures []*problem.Error) *problem.Error {
	var causes []error
	var told *problem.Error
	for i, f := range failures {
		if f == nil {
			continue
		}
		causes = append(causes, fmt.Errorf("%s: %w", wanted[i].name, f))
		if told == nil || told.Remedy == "" {
			told = &problem.Error{Code: f.Code, Remedy: f.Remedy}
		}
	}
	if told != nil {
		told.Cause = errors.Join(causes...)
	}
	return told
}
