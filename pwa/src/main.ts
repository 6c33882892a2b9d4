/** Where the app starts. */
import './design/tokens.css';
import './design/base.css';
import { mount } from 'svelte';
import { watch_for_network } from './api/outbox.svelte';
import { start_session } from './api/session.svelte';
import { follow_page } from './api/stream.svelte';
import App from './App.svelte';
import { hear_alerts } from './app/alert_call.svelte';
import { obey_recalls } from './app/recall';
import { follow_links } from './app/router.svelte';
import { show_settings } from './app/settings.svelte';
import { register_worker } from './app/update.svelte';
import { start_recorder } from './features/patrols/recorder.svelte';

show_settings();
follow_links();
follow_page();
watch_for_network();
obey_recalls();
hear_alerts();
start_recorder();
mount(App, { target: document.getElementById('app')! });
void start_session().then(register_worker);
