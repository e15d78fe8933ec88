// Reports what axe-core finds, one line for each rule; empty if it finds nothing.
async (rules) => {
  const { violations, passes } = await axe.run(document, {
    resultTypes: ["violations"],
    ...(rules.length > 0 && { runOnly: rules }),
  });
  if (passes.length === 0) {
    return "axe-core has checked nothing";
  }
  return violations.map(({ id, help, nodes }) => {
    const targets = nodes.slice(0, 3).map(({ target }) => target.join(" "));
    return `${id}: ${help} at ${targets.join(", ")}`;
  }).join("\n");
}
