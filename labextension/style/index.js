import './task.css';
