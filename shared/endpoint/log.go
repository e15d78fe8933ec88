package endpoint

import (
	"time"

	"kinde-functions/shared/audit"
	"kinde-functions/shared/problem"
)

// writeLog writes the log lines of a request that has been responded to.
func (e *endpoint) writeLog(x *exchange, method string, status int) {
	line := audit.Request{ID: x.id, Method: method, Status: status, Cold: x.cold, Duration: time.Since(x.begin),
		API: x.api}
	line.UpstreamCalls, line.Upstream = x.traffic.Read()
	if x.row != nil {
		line.Route = x.row.Pattern
	}
	if x.failure != nil {
		line.Failure = audit.Failure{Code: string(x.failure.Code), Remedy: x.failure.Remedy}
		if x.failure.Cause != nil {
			line.Failure.Cause = x.failure.Cause.Error()
		}
	}
	x.reviseDecision()
	e.log.Write(line, x.decision)
}

// reviseDecision turns the decision about a caller whose token was valid and who was
// refused for another reason.
func (x *exchange) reviseDecision() {
	d := x.decision
	if d == nil || d.Outcome != audit.Allowed || x.failure == nil {
		return
	}
	switch code := x.failure.Code; code {
	case problem.InvalidToken:
		d.Outcome, d.Reason = audit.Denied, "refused-by-kinde"
	case problem.InsufficientScope, problem.NotAllowed, problem.RateLimited, problem.NotYourToken,
		problem.SessionSuperseded, problem.SessionExpired:
		d.Outcome, d.Reason = audit.Denied, string(code)
	}
}
