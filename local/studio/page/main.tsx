import './style.css';
import { render } from 'preact';
import { App } from './app.tsx';

const root = document.getElementById('app');
// In a frame, another page could make somebody press the buttons without seeing them.
if (root && window.top === window.self) render(<App />, root);
