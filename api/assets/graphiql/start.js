// Starts GraphiQL on this page. Everything it needs is served by the same program.
const defaultQuery = `# 七彩 Qicai
#
# Sign in first (register or logIn), then put the access token below, under "Headers":
#   { "authorization": "Bearer …" }
#
# The book icon on the left shows everything that may be asked.

{
  taxonomy(kind: SERVICE_TYPE) {
    code
    label
  }
}
`;

const fetcher = GraphiQL.createFetcher({ url: "/graphql" });

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultQuery,
    defaultHeaders: '{ "authorization": "Bearer " }',
    defaultEditorToolsVisibility: "headers",
    shouldPersistHeaders: true,
    isHeadersEditorEnabled: true,
  }),
);
