//! The language server: findings as one types, what a prompt costs under the cursor, fixes as code actions. The whole text
//! comes with every change and is linted at once: a prompt of 10,000 tokens takes milliseconds.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use promptopt::lint::read::{self, Fit};
use promptopt::lint::{Diagnostic, File, Linter, Settings as Lint};
use tower_lsp_server::jsonrpc::Result;
use tower_lsp_server::ls_types::{
    CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionProviderCapability, CodeActionResponse,
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    Hover, HoverParams, HoverProviderCapability, InitializeParams, InitializeResult, ServerCapabilities, ServerInfo,
    TextDocumentSyncCapability, TextDocumentSyncKind, Uri,
};
use tower_lsp_server::{Client, LanguageServer, LspService, Server};

mod actions;
mod convert;
mod hover;

/// By which settings a file goes; an error is told to the user, and the defaults hold.
pub(crate) type SettingsFor = Box<dyn Fn(&Path) -> promptopt::error::Result<Arc<Lint>> + Send + Sync>;

/// Serves one editor on standard input and output until it says goodbye.
pub(crate) async fn serve(settings: SettingsFor, fallback: Arc<Lint>) {
    let (service, socket) = LspService::new(|client| Backend {
        client,
        settings,
        fallback,
        linter: Linter::new(),
        documents: Mutex::default(),
    });
    Server::new(tokio::io::stdin(), tokio::io::stdout(), socket).serve(service).await;
}

struct Backend {
    client: Client,
    settings: SettingsFor,
    fallback: Arc<Lint>,
    linter: Linter,
    documents: Mutex<HashMap<Uri, Document>>,
}

/// An open document with what was found in it.
struct Document {
    file: File,
    settings: Arc<Lint>,
    diagnostics: Vec<Diagnostic>,
}

impl Backend {
    fn documents(&self) -> MutexGuard<'_, HashMap<Uri, Document>> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn look_at(&self, uri: Uri, text: &str, version: Option<i32>) {
        let path = uri.to_file_path().map_or_else(|| uri.as_str().into(), |path| path.to_path_buf());
        let shown = path.display().to_string().replace('\\', "/");
        if !is_prompt(&shown, text) {
            self.documents().remove(&uri);
            self.client.publish_diagnostics(uri, Vec::new(), version).await;
            return;
        }
        let settings = match (self.settings)(&path) {
            Ok(settings) => settings,
            Err(error) => {
                let message = format!("promptopt: {error}");
                self.client.show_message(tower_lsp_server::ls_types::MessageType::WARNING, message).await;
                Arc::clone(&self.fallback)
            }
        };
        let file = read::read(&shown, text);
        let diagnostics = self.linter.lint(&file, &settings).diagnostics;
        let published = diagnostics.iter().map(|found| convert::diagnostic(&uri, &file, found)).collect();
        self.documents().insert(uri.clone(), Document { file, settings, diagnostics });
        self.client.publish_diagnostics(uri, published, version).await;
    }
}

/// Whether an open file is to be looked at: editors open many texts that are no prompts.
fn is_prompt(path: &str, text: &str) -> bool {
    match read::reader(path, text) {
        Some((_, Fit::Plain)) => path.split('/').any(|part| part.to_lowercase().contains("prompt")),
        Some(_) => true,
        None => false,
    }
}

impl LanguageServer for Backend {
    async fn initialize(&self, _: InitializeParams) -> Result<InitializeResult> {
        let actions = CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, CodeActionKind::SOURCE_FIX_ALL]),
            ..CodeActionOptions::default()
        };
        Ok(InitializeResult {
            capabilities: ServerCapabilities {
                text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::FULL)),
                hover_provider: Some(HoverProviderCapability::Simple(true)),
                code_action_provider: Some(CodeActionProviderCapability::Options(actions)),
                ..ServerCapabilities::default()
            },
            server_info: Some(ServerInfo {
                name: "promptopt".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
            ..InitializeResult::default()
        })
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        self.look_at(document.uri, &document.text, Some(document.version)).await;
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        // Full synchronisation: the last change is the text.
        if let Some(change) = params.content_changes.into_iter().next_back() {
            self.look_at(params.text_document.uri, &change.text, Some(params.text_document.version)).await;
        }
    }

    async fn did_save(&self, _: DidSaveTextDocumentParams) {}

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.documents().remove(&params.text_document.uri);
        self.client.publish_diagnostics(params.text_document.uri, Vec::new(), None).await;
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let place = params.text_document_position_params;
        let documents = self.documents();
        let Some(document) = documents.get(&place.text_document.uri) else { return Ok(None) };
        Ok(hover::at(document, &self.linter, place.position))
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let documents = self.documents();
        let Some(document) = documents.get(&params.text_document.uri) else { return Ok(None) };
        let actions = actions::at(&params.text_document.uri, document, &self.linter, &params);
        Ok((!actions.is_empty()).then_some(actions))
    }
}
